package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.lower.Beside;
import dev.dovetail.optimizer.lower.ExpertSharing;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.lower.StageSplit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * What figures of a plan are asked by: how its layers run, where its stages stand, what is still open. Bounds and complete plans read
 * their decisions here alone.
 */
final class PlanReading {
    private final TrainJob job;
    private final CostModel costs;
    private final LayerFigureCache layers;
    private final List<Integer> clocks;
    private final int[] totals;
    /** Bytes that devices of each kind of node have less than the roomiest. */
    private final List<Long> lacking;

    private final Map<SplitKey, StageShares> shares = new HashMap<>();
    private final Map<MeshKey, MeshShape> meshes = new HashMap<>();

    /** @param clocks every clock a plan may set, MHz, fastest first */
    PlanReading(TrainJob job, CostModel costs, LayerFigureCache layers, List<Integer> clocks) {
        this.job = job;
        this.costs = costs;
        this.layers = layers;
        this.clocks = List.copyOf(clocks);
        this.totals = new int[layers.model().kinds().size()];
        layers.model().order().forEach(kind -> totals[kind]++);
        this.lacking = Limits.lacking(job);
    }

    List<Integer> clocks() {
        return clocks;
    }

    /** Layers of each kind in the model. */
    int[] totals() {
        return totals;
    }

    static int devices(Decisions partial) {
        return partial.find(Decision.TENSOR).orElse(1)
                * partial.find(Decision.PIPELINE).orElse(1)
                * dataRanks(partial);
    }

    /** Ranks of the data axis: replicas, and in each those that share its sequences. */
    static int dataRanks(Decisions partial) {
        return partial.find(Decision.DATA).orElse(1)
                * partial.find(Decision.CONTEXT).orElse(1);
    }

    /** Whether it is known which ranks share what. */
    static boolean sharesAreDecided(Decisions partial) {
        boolean nothing = partial.find(Decision.SHARD)
                .filter(shard -> shard == Shard.NONE)
                .isPresent();
        return nothing || partial.find(Decision.SHARD_GROUP).isPresent() || dataRanks(partial) == 1;
    }

    /** Whether it is known which layers each stage holds; on a single stage it always is. */
    static boolean isSplit(Decisions partial) {
        return partial.find(Decision.STAGES).isPresent() || partial.get(Decision.PIPELINE) == 1;
    }

    /** Whether embedding and head are on two ranks: in a V they are on the first. */
    static boolean endsApart(Decisions partial) {
        return partial.find(Decision.SCHEDULE).filter(Schedule::isV).isEmpty();
    }

    /** Open decisions take the value that is fastest, whatever it costs in memory. */
    static Decisions complete(Decisions partial) {
        Decisions full = partial;
        full = full.find(Decision.SHARD).isPresent() ? full : full.with(Decision.SHARD, Shard.NONE);
        full = full.find(Decision.INTERLEAVE).isPresent() ? full : full.with(Decision.INTERLEAVE, 1);
        return full.find(Decision.SCHEDULE).isPresent() ? full : full.with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B);
    }

    /** Of layers that keep all their activations, as embedding and head do. */
    Setting setting(Decisions decisions, int clock) {
        var shape = new Setting.Shape(
                decisions.get(Decision.TENSOR),
                decisions.get(Decision.SEQUENCE),
                decisions.find(Decision.CONTEXT).orElse(1),
                decisions.find(Decision.CONTEXT_EXCHANGE).orElse(ContextExchange.GATHER),
                experts(decisions));
        var state = new Setting.State(
                decisions.get(Decision.DATA),
                decisions.find(Decision.SHARD_GROUP).orElse(dataRanks(decisions)),
                decisions.get(Decision.SHARD),
                Beside.of(decisions));
        var pass = new Setting.Pass(
                decisions.get(Decision.MICROBATCH),
                Recompute.NONE,
                decisions.get(Decision.SCHEDULE).splitsBackward());
        var place = new Setting.Place(
                clock, costs.loadClass(devices(decisions)), Setting.ANY, decisions.find(Decision.MATMUL));
        return new Setting(shape, state, pass, place);
    }

    private ExpertSharing experts(Decisions decisions) {
        ExpertSharing experts = ExpertSharing.of(decisions);
        if (decisions.find(Decision.OVERLAP).isPresent() || !experts.travels()) {
            return experts;
        }
        return experts.overlapping(givenOverlap().orElse(Setting.OPEN_OVERLAP));
    }

    private OptionalInt givenOverlap() {
        Decision<Integer> decision = Decision.OVERLAP;
        if (job.forbidden().contains(decision.name())) {
            return OptionalInt.of(1);
        }
        Fixed fixed = job.fixed().get(decision.name());
        return fixed == null
                ? OptionalInt.empty()
                : OptionalInt.of(decision.parse().apply(fixed.value()));
    }

    MeshShape mesh(Decisions decisions) {
        var key = new MeshKey(
                decisions.get(Decision.PIPELINE),
                decisions.get(Decision.DATA),
                decisions.find(Decision.CONTEXT).orElse(1),
                decisions.find(Decision.CONTEXT_EXCHANGE).orElse(ContextExchange.GATHER),
                decisions.get(Decision.TENSOR),
                ExpertSharing.of(decisions).overlapping(1),
                decisions.find(Decision.SHARD_GROUP).orElse(dataRanks(decisions)));
        return meshes.computeIfAbsent(key, k -> LowerPlan.mesh(decisions));
    }

    private record MeshKey(
            int pipeline,
            int data,
            int context,
            ContextExchange exchange,
            int tensor,
            ExpertSharing experts,
            int group) {}

    /** @param modes every one that the plan uses */
    StageShares shares(Decisions decisions, List<Recompute> modes) {
        StagePlacement placement = StagePlacement.of(decisions);
        StageSplit split = StageSplit.of(layers.model().blocks(), decisions);
        Recomputation recompute = decisions.get(Decision.RECOMPUTE);
        return shares.computeIfAbsent(
                new SplitKey(placement, split.blocks(), recompute, modes),
                key -> StageShares.of(layers.model(), placement, split, recompute, modes));
    }

    private record SplitKey(
            StagePlacement placement, List<Integer> blocks, Recomputation recompute, List<Recompute> modes) {}

    /** By stage, its kind of node; empty where all are alike, or it is open. */
    List<Integer> nodes(Decisions partial) {
        return job.cluster().mixed() ? partial.find(Decision.NODES).orElse(List.of()) : List.of();
    }

    Lacking lacking(Decisions partial) {
        return new Lacking(nodes(partial), lacking);
    }

    /** Every way to recompute that layers may yet take, the least work first. */
    List<Recompute> modes(Decisions partial) {
        return partial.find(Decision.RECOMPUTE)
                .or(this::fixedRecomputation)
                .map(Recomputation::layers)
                .map(layers -> layers.stream().distinct().sorted().toList())
                .orElse(Recompute.SOLVED);
    }

    Optional<Recomputation> fixedRecomputation() {
        Decision<Recomputation> decision = Decision.RECOMPUTE;
        return Optional.ofNullable(job.fixed().get(decision.name()))
                .map(fixed -> decision.parse().apply(fixed.value()))
                .or(() ->
                        job.forbidden().contains(decision.name()) ? Optional.of(Recomputation.NONE) : Optional.empty());
    }

    /** What layers cost on each stage, by mode that is open and kind of layer. */
    ByStage<List<LayerFigures[]>> byStage(Decisions partial, Setting setting, Function<Setting, LayerFigures[]> read) {
        return byStage(partial, setting, modes(partial), read);
    }

    ByStage<List<LayerFigures[]>> byStage(
            Decisions partial, Setting setting, List<Recompute> modes, Function<Setting, LayerFigures[]> read) {
        return layers.byStage(
                nodes(partial),
                setting,
                on -> modes.stream().map(on::with).map(read).toList());
    }
}
