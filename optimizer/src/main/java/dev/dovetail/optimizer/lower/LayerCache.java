package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.optimizer.pack.OffsetPacker;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Expands and lowers each layer of one job once for each distinct setting; for any number of threads. */
public final class LayerCache implements LowerPlan.LayerSource {
    /** Dims along which a tensor-parallel rank holds its shard of the weights; one of the experts' dims joins them. */
    private static final Set<String> TENSOR_DIMS = Set.of(Names.HEADS, Names.KV_HEADS, Names.INNER, Names.VOCAB);

    private final OffsetPacker packer;
    private final Map<Integer, Model> models = new ConcurrentHashMap<>();
    private final Map<Sized, LayerGraphs> graphs = new ConcurrentHashMap<>();
    private final Map<Key, LoweredLayer> layers = new ConcurrentHashMap<>();
    private volatile Optional<Model> single = Optional.empty();

    private record Sized(int kind, int sequences) {}

    private record Key(int kind, int microbatch, LayerSettings settings) {}

    public LayerCache(OffsetPacker packer) {
        this.packer = packer;
    }

    @Override
    public Model model(TrainJob job, int microbatch) {
        return models.computeIfAbsent(microbatch, size -> base(job).withExtents(Map.of(Names.BATCH, Extent.of(size))));
    }

    private Model base(TrainJob job) {
        if (single.isEmpty()) {
            var form = ExpansionForm.Training.of(job.sequence(), 1);
            single = Optional.of(
                    ExpandModel.expand(job.model(), form, job.precision().compute()));
        }
        return single.get();
    }

    @Override
    public LoweredLayer layer(TrainJob job, Decisions decisions, int kind, Recompute recompute) {
        int microbatch = decisions.get(Decision.MICROBATCH);
        // The replicas that share experts are one when they are split: what each loads is its share of their batch.
        int together = microbatch * ExpertSharing.of(decisions).replicas();
        LayerKind layer = model(job, together).kinds().get(kind);
        boolean isEnd = layer.role() != LayerKind.Role.BLOCK;
        LayerSettings given = settings(job, decisions);
        LayerSettings settings = hasExperts(layer) ? given : given.inOneStretch();
        var key = new Key(kind, microbatch, isEnd ? settings.ofEnds() : settings.with(recompute));
        return layers.computeIfAbsent(key, k -> {
            LayerGraphs whole = graphs.computeIfAbsent(new Sized(kind, together), sized -> new LayerGraphs(layer));
            return LowerLayer.lower(whole, shared(job, layer), k.settings(), packer);
        });
    }

    private static boolean hasExperts(LayerKind layer) {
        return layer.forward().parameters().stream()
                .anyMatch(p -> p.value().type().dims().stream()
                        .anyMatch(dim -> dim.name().equals(Names.EXPERTS)));
    }

    /** What of the decisions the bodies of a layer depend on that keeps all its activations. */
    public static LayerSettings settings(TrainJob job, Decisions decisions) {
        int tensor = decisions.get(Decision.TENSOR);
        boolean sequence = decisions.find(Decision.SEQUENCE).orElse(false);
        var map = new AxisMap(
                MeshShape.TENSOR,
                tensor,
                tensor > 1 ? tensorDims(decisions) : Set.of(),
                sequence && tensor > 1 ? Optional.of(Names.SEQUENCE) : Optional.empty());
        int context = decisions.find(Decision.CONTEXT).orElse(1);
        int dataRanks = Math.max(1, decisions.get(Decision.DATA) * context);
        return new LayerSettings(
                map,
                AxisMap.sharingSequences(
                        MeshShape.CONTEXT,
                        context,
                        ExpertSharing.of(decisions).ofContext(),
                        Names.SEQUENCE,
                        ofAttention(decisions),
                        isZigzag(decisions)),
                ExpertSharing.of(decisions),
                dataRanks,
                decisions.find(Decision.SHARD_GROUP).orElse(dataRanks),
                decisions.get(Decision.SHARD),
                Recompute.NONE,
                decisions
                        .find(Decision.SCHEDULE)
                        .filter(Decision.Schedule::splitsBackward)
                        .isPresent(),
                Beside.of(decisions),
                job.precision());
    }

    private static Set<String> ofAttention(Decisions decisions) {
        return exchanges(decisions, ContextExchange.ALL_TO_ALL) ? Set.of(Names.HEADS, Names.KV_HEADS) : Set.of();
    }

    /** Whether ranks that share a sequence have an early and a late stretch of it each. */
    static boolean isZigzag(Decisions decisions) {
        return exchanges(decisions, ContextExchange.ZIGZAG)
                && decisions.find(Decision.CONTEXT).orElse(1) > 1;
    }

    private static boolean exchanges(Decisions decisions, ContextExchange exchange) {
        return decisions.find(Decision.CONTEXT_EXCHANGE).equals(Optional.of(exchange));
    }

    private static Set<String> tensorDims(Decisions decisions) {
        boolean sharesEach = decisions.find(Decision.EXPERT_TENSOR).orElse(1) > 1;
        return Stream.concat(TENSOR_DIMS.stream(), Stream.of(sharesEach ? Names.EXPERT_INNER : Names.EXPERTS))
                .collect(Collectors.toSet());
    }

    /** Parameters of a layer that another layer shares: the token table. */
    private static Set<String> shared(TrainJob job, LayerKind layer) {
        ModelDefinition model = job.model();
        boolean ofSource = layer.path().startsWith(ExpandModel.SOURCE);
        boolean isShared = ofSource ? model.sharesSourcesTable() : model.sharesTable();
        return layer.forward().parameters().stream()
                .filter(p -> p.tiedTo().isPresent()
                        || isShared
                                && layer.path().endsWith("embed")
                                && p.name().equals("table"))
                .map(Parameter::name)
                .collect(Collectors.toSet());
    }
}
