package dev.dovetail.optimizer.search;

import static dev.dovetail.optimizer.search.PlanReading.complete;
import static dev.dovetail.optimizer.search.PlanReading.dataRanks;
import static dev.dovetail.optimizer.search.PlanReading.isSplit;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.optimizer.lower.LowerPlan;
import java.util.List;

/** What plans take at least while decisions are open: each leaves as little to keep as it can. Bytes. */
final class LeastMemory {
    private final TrainJob job;
    private final LayerFigureCache layers;
    private final Focus focus;
    private final PlanReading reading;

    LeastMemory(TrainJob job, LayerFigureCache layers, Focus focus, PlanReading reading) {
        this.job = job;
        this.layers = layers;
        this.focus = focus;
        this.reading = reading;
    }

    /** Bytes on the fullest stage that the plan takes at least; exact but for padding where a stage has one chunk. */
    long of(Decisions optimistic, Decisions partial) {
        if (!isSplit(partial)) {
            return leanest(optimistic, partial).least(focus.capacity());
        }
        boolean shards = partial.find(Decision.SHARD).isPresent();
        boolean open = partial.find(Decision.RECOMPUTE).isEmpty();
        int microbatch = optimistic.get(Decision.MICROBATCH);
        MeshShape mesh = reading.mesh(optimistic);
        Setting given = reading.setting(optimistic, reading.clocks().getFirst());
        // Saved activations grow with the micro-batch, so one sequence's tell those of many without lowering for them.
        Setting single = (shards ? given : given.alone()).with(1, given.recompute());
        List<Recompute> modes = reading.modes(partial);
        Decisions leanest = open ? optimistic.with(Decision.RECOMPUTE, Recomputation.of(modes.getLast())) : optimistic;
        List<Recompute> counted = open ? List.of(modes.getLast()) : modes;
        List<LayerFigures[]> figures = open
                ? List.<LayerFigures[]>of(keepingLeast(modes, single, mesh))
                : counted.stream()
                        .map(single::with)
                        .map(in -> layers.outlook(in, mesh))
                        .toList();
        long least =
                memory(leanest, counted, figures, single).least(microbatch, shards ? 1 : dataRanks(optimistic), false);
        if (least > focus.capacity() || !shards || open) {
            return least;
        }
        return memory(leanest, counted, given, mesh).least(1, 1, true);
    }

    /** Parameters, gradients and optimizer state of the fullest stage, shared as far as data ranks could share them. */
    long ofState(Decisions partial) {
        Decisions one = complete(partial.with(Decision.MICROBATCH, job.largestShare(partial.get(Decision.DATA))));
        Setting single =
                reading.setting(one, reading.clocks().getFirst()).alone().with(1, Recompute.FULL);
        return isSplit(partial)
                ? memory(
                                one.with(Decision.RECOMPUTE, Recomputation.FULL),
                                List.of(Recompute.FULL),
                                single,
                                reading.mesh(one))
                        .leastState(dataRanks(one))
                : anySplit(one, single, 1, dataRanks(one)).spread();
    }

    /** Open decisions leave as little to keep as they can. */
    AnySplitMemory anySplit(Decisions optimistic, Decisions partial, Recompute mode) {
        boolean shards = partial.find(Decision.SHARD).isPresent();
        Setting given = reading.setting(optimistic, reading.clocks().getFirst());
        Setting single = (shards ? given : given.alone()).with(1, mode);
        int sequences = optimistic.get(Decision.MICROBATCH);
        return anySplit(optimistic, single, sequences, shards ? 1 : dataRanks(optimistic));
    }

    AnySplitMemory leanest(Decisions optimistic, Decisions partial) {
        boolean shards = partial.find(Decision.SHARD).isPresent();
        Setting given = reading.setting(optimistic, reading.clocks().getFirst());
        Setting single = (shards ? given : given.alone()).with(1, given.recompute());
        return anySplit(
                optimistic,
                keepingLeast(reading.modes(partial), single, reading.mesh(optimistic)),
                optimistic.get(Decision.MICROBATCH),
                shards ? 1 : dataRanks(optimistic));
    }

    AnySplitMemory anySplit(Decisions optimistic, Setting setting, int sequences, int shardWays) {
        return anySplit(optimistic, layers.outlook(setting, reading.mesh(optimistic)), sequences, shardWays);
    }

    AnySplitMemory anySplit(Decisions optimistic, LayerFigures[] figures, int sequences, int shardWays) {
        return new AnySplitMemory(
                optimistic.get(Decision.SCHEDULE),
                optimistic.get(Decision.PIPELINE),
                optimistic.get(Decision.INTERLEAVE),
                LowerPlan.microbatches(job, optimistic),
                reading.totals(),
                figures,
                sequences,
                shardWays,
                reading.lacking(optimistic));
    }

    /** What computes most again keeps least, unless gradients of weights wait for what it has computed. */
    LayerFigures[] keepingLeast(List<Recompute> modes, Setting setting, MeshShape mesh) {
        List<Recompute> asked = setting.splitsBackward() ? modes : List.of(modes.getLast());
        return LayerFigures.keepingLeast(asked.stream()
                .map(setting::with)
                .map(in -> layers.outlook(in, mesh))
                .toList());
    }

    StageMemory memory(Decisions optimistic, List<Recompute> modes, Setting setting, MeshShape mesh) {
        List<LayerFigures[]> figures = modes.stream()
                .map(setting::with)
                .map(in -> layers.outlook(in, mesh))
                .toList();
        return memory(optimistic, modes, figures, setting);
    }

    /** @param figures by mode and kind */
    StageMemory memory(Decisions optimistic, List<Recompute> modes, List<LayerFigures[]> figures, Setting setting) {
        return new StageMemory(
                reading.shares(optimistic, modes),
                StageShares.arranged(figures),
                layers.streamBytes(setting),
                optimistic.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, optimistic),
                reading.lacking(optimistic));
    }
}
