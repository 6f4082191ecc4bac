package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Turns a kind of layer into the bodies one rank runs: differentiate, fuse, partition, then lay out memory. */
public final class LowerLayer {
    private final LayerKind kind;
    private final LayerSettings settings;
    private final OffsetPacker packer;

    private LowerLayer(LayerKind kind, LayerSettings settings, OffsetPacker packer) {
        this.kind = kind;
        this.settings = settings;
        this.packer = packer;
    }

    /**
     * @param kind the layer at the micro-batch's extents
     * @param shared names of this layer's parameters that another layer shares (tied embeddings)
     */
    public static LoweredLayer lower(LayerKind kind, Set<String> shared, LayerSettings settings, OffsetPacker packer) {
        return new LowerLayer(kind, settings, packer).run(shared);
    }

    private LoweredLayer run(Set<String> shared) {
        TrainingGraphs graphs = differentiated(settings.recompute());
        boolean keepsAll = settings.recompute() == Recompute.NONE;
        List<Value> kept = keepsAll ? List.of() : differentiated(Recompute.NONE).saved();
        var partition = new LayerPartition(settings);
        LocalGraph forward = partition.forward(graphs, kept);
        LocalGraph backward = partition.backward(graphs);
        var gradients = gradients(graphs, backward);
        var blocks = blocks(graphs, shared, gradients, backward);
        var layout = LayerLayout.of(
                kind,
                graphs,
                forward,
                backward,
                halves(forward, backward, blocks, gradients),
                blocks,
                settings.beside().saved());
        var bodies = new LayerBodies(kind, settings, layout, gradients, packer);
        return new LoweredLayer(
                kind,
                settings,
                forward,
                backward,
                layout.halves(),
                layout.kept(),
                layout.besideBytes(),
                layout.keepsStreamsLate(),
                LayerLayout.types(layout.streams()),
                kind.role() == LayerKind.Role.HEAD ? List.of() : LayerLayout.types(layout.passed()),
                blocks,
                bodies.forward(),
                bodies.backward(),
                bodies.weightGradients(),
                bodies.discard(),
                bodies.reduce(),
                bodies.update());
    }

    /** Gradients that ranks share out are shared out together, once all of a block are made. */
    private Optional<BackwardHalves> halves(
            LocalGraph forward, LocalGraph backward, List<ParameterBlock> blocks, Map<String, Value> gradients) {
        if (!settings.splitsBackward() || !kind.passesGradient()) {
            return Optional.empty();
        }
        Set<Value> together = blocks.stream()
                .filter(block -> settings.shards(block, Shard.GRADIENTS))
                .flatMap(block -> block.members().stream())
                .flatMap(member ->
                        Stream.ofNullable(gradients.get(member.parameter().name())))
                .collect(Collectors.toSet());
        return BackwardHalves.of(backward, LayerLayout.streams(forward).size(), together);
    }

    private TrainingGraphs differentiated(Recompute recompute) {
        if (!kind.hasBackward()) {
            return TrainingGraphs.frozen(kind.forward());
        }
        SavePolicy policy = SavePolicy.of(recompute);
        return switch (kind.role()) {
            case HEAD -> Differentiate.loss(kind.forward(), policy, Instruction.StepSymbol.LOSS_SCALE.symbol());
            case EMBED, BLOCK -> Differentiate.layer(kind.forward(), policy);
        };
    }

    /** The local gradient of each parameter, by parameter name. */
    private static Map<String, Value> gradients(TrainingGraphs graphs, LocalGraph backward) {
        var local = new LinkedHashMap<String, Value>();
        graphs.parameterGradients().forEach((name, whole) -> {
            int at = graphs.backward().outputs().indexOf(whole);
            local.put(name, backward.graph().outputs().get(at));
        });
        return local;
    }

    private List<ParameterBlock> blocks(
            TrainingGraphs graphs, Set<String> shared, Map<String, Value> gradients, LocalGraph backward) {
        Set<String> pending = new HashSet<>();
        gradients.forEach((name, value) -> {
            if (backward.pendingSums().contains(value)) {
                pending.add(name);
            }
        });
        var bySuffix = new TreeMap<String, List<Parameter>>();
        for (Parameter parameter : graphs.forward().parameters()) {
            bySuffix.computeIfAbsent(suffix(parameter, shared), suffix -> new ArrayList<>())
                    .add(parameter);
        }
        var blocks = new ArrayList<ParameterBlock>();
        bySuffix.forEach((suffix, members) -> {
            var copies = suffix.endsWith(ParameterBlock.EXPERTS) ? settings.expertCopies() : settings.copies();
            blocks.add(ParameterBlock.of(suffix, members, settings.axes(), pending, copies));
        });
        return blocks;
    }

    private String suffix(Parameter parameter, Set<String> shared) {
        boolean ofSome = settings.isOfSome(parameter.value().type());
        String experts = ofSome ? ParameterBlock.EXPERTS : ParameterBlock.OWN;
        if (!parameter.trained()) {
            return ParameterBlock.FROZEN + experts;
        }
        return shared.contains(parameter.name()) ? ParameterBlock.TIED : experts;
    }

    /** What the names of a layer's bodies begin with: layers of a kind that recompute differently may share a stage. */
    static String bodiesOf(LayerKind kind, LayerSettings settings) {
        return switch (settings.recompute()) {
            case NONE -> kind.name();
            case SELECTIVE, ALTERNATE, FULL ->
                kind.name() + "_" + settings.recompute().name().toLowerCase(Locale.ROOT);
        };
    }
}
