package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.plan.Decision.Shard;
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

/** Turns what one rank computes of a kind of layer into the bodies it runs, and lays out their memory. */
final class LowerLayer {
    private final LayerKind kind;
    private final LayerSettings settings;
    private final OffsetPacker packer;

    private LowerLayer(LayerKind kind, LayerSettings settings, OffsetPacker packer) {
        this.kind = kind;
        this.settings = settings;
        this.packer = packer;
    }

    /**
     * @param layer at the micro-batch's extents
     * @param shared names of this layer's parameters that another layer shares (tied embeddings)
     */
    static LoweredLayer lower(LayerGraphs layer, Set<String> shared, LayerSettings settings, OffsetPacker packer) {
        return new LowerLayer(layer.kind(), settings, packer).run(layer.local(settings), shared);
    }

    private LoweredLayer run(LayerGraphs.Local local, Set<String> shared) {
        TrainingGraphs graphs = local.graphs();
        LocalGraph forward = local.forward();
        LocalGraph backward = local.backward();
        var gradients = gradients(graphs, backward);
        var blocks = blocks(graphs, shared, gradients, backward);
        var layout = LayerLayout.of(
                kind,
                graphs,
                forward,
                backward,
                halves(forward, backward, blocks, gradients),
                blocks,
                settings.beside().what().activations());
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
