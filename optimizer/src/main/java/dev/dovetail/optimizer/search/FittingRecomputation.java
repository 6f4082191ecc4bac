package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.search.LeastRecomputation.Solution;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What each layer of a plan computes again, stage by stage. Of a stage's layers the first of each kind recompute most, as
 * frameworks do that count them.
 */
record FittingRecomputation(
        Model model,
        StageSplit split,
        int stages,
        int chunks,
        Schedule schedule,
        int microbatches,
        ByStage<LeastRecomputation> least) {

    /**
     * What the layers do again, and whether every stage fits with it.
     *
     * @param solutions by stage: the same object where a stage was asked the same before
     */
    record Found(Recomputation recompute, boolean fits, List<Solution> solutions) {}

    /**
     * The least work on every stage with which it fits.
     *
     * @param capacity bytes by stage
     */
    Found within(long[] capacity) {
        StageShares shares = shares();
        var solutions = new ArrayList<Solution>();
        boolean fits = true;
        for (int stage = 0; stage < stages; stage++) {
            int[][] counts = shares.counts()[stage];
            LeastRecomputation here = least.at(stage);
            Optional<Solution> found = here.solve(counts, live(stage), capacity[stage]);
            fits &= found.isPresent();
            solutions.add(found.isPresent() ? found.get() : here.leanest(counts, live(stage)));
        }
        return new Found(each(solutions), fits, solutions);
    }

    /** Whatever leaves each stage with the least memory. */
    Recomputation leanest() {
        StageShares shares = shares();
        var solutions = new ArrayList<Solution>();
        for (int stage = 0; stage < stages; stage++) {
            solutions.add(least.at(stage).leanest(shares.counts()[stage], live(stage)));
        }
        return each(solutions);
    }

    private StageShares shares() {
        return StageShares.of(model, placement(), split);
    }

    private StagePlacement placement() {
        return StagePlacement.of(schedule, stages, chunks);
    }

    private Live[] live(int stage) {
        return new PipelineOrder(schedule, stages, chunks, microbatches, stage).live();
    }

    /** Numbers of layers as layers, in the order of the model. */
    private Recomputation each(List<Solution> solutions) {
        var each = new ArrayList<Recompute>();
        StagePlacement placement = placement();
        int layer = 0;
        int head = model.order().size() - 1;
        for (int virtual = 0; virtual < split.sizes().size(); virtual++) {
            int[][] left = solutions.get(placement.stage(virtual)).counts()[placement.chunk(virtual)];
            int[] begun = new int[left.length];
            for (int i = 0; i < split.sizes().get(virtual); i++, layer++) {
                if (layer > 0 && layer < head) {
                    int kind = model.order().get(layer);
                    each.add(least.any().modes().get(modeOf(left[kind], begun[kind]++)));
                }
            }
        }
        return Recomputation.ofEach(each);
    }

    /** The mode of the layer that {@code before} layers of its kind precede: what recomputes most comes first. */
    private static int modeOf(int[] counts, int before) {
        int mode = counts.length - 1;
        int past = counts[mode];
        while (past <= before) {
            past += counts[--mode];
        }
        return mode;
    }
}
