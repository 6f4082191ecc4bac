package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.solver.StagePartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The split of layers over the stages of a pipeline whose step is shortest, among those that fit: the balanced one of
 * {@link StagePartition} first, then every other that could still be faster. A stage with so much work that the step could not
 * be shorter ends the row, so in most problems few splits are left; the longest path through the schedule tells their times.
 */
final class FastestSplit {
    /** Passes timed at most, over all splits; beyond, the best split so far is not proved to be the fastest. */
    private static final long BUDGET = 400_000;

    private final Model model;
    private final Schedule schedule;
    private final int stages;
    private final int microbatches;
    private final SplitFinder.Stages costs;
    private final int blocks;
    private final double once;
    private final LayerFigures leanest;
    private long budget = BUDGET;
    private Optional<List<Integer>> best = Optional.empty();
    private double bestSeconds = Double.POSITIVE_INFINITY;

    /** @param proved whether no other split is faster */
    record Found(Optional<List<Integer>> split, boolean proved) {}

    FastestSplit(Model model, Schedule schedule, int stages, int microbatches, SplitFinder.Stages costs) {
        this.model = model;
        this.schedule = schedule;
        this.stages = stages;
        this.blocks = model.blocks();
        this.microbatches = microbatches;
        this.costs = costs;
        double sum = 2.0 * (stages - 1) * (messageSeconds() + costs.message().flight());
        for (int kind : model.order()) {
            sum += work(costs.figures()[kind]);
        }
        this.once = sum;
        this.leanest = LayerFigures.leanest(costs.figures());
    }

    private double messageSeconds() {
        return costs.message().send() + costs.message().receive();
    }

    private static double work(LayerFigures layer) {
        return layer.forward().total() + layer.backward().total();
    }

    /** @param begin the split to begin with, as layers between embedding and head */
    Found from(List<Integer> begin) {
        time(begin);
        if (costs.toBeat() > 0 && best.isEmpty()) {
            balanced().ifPresent(this::time);
        }
        place(new ArrayList<>(), 0, 0);
        return new Found(best, budget > 0);
    }

    private Optional<List<Integer>> balanced() {
        var layers = model.order().stream()
                .map(kind -> costs.figures()[kind])
                .map(f -> new StagePartition.Layer(Seconds.of(work(f)), Bytes.of(f.state()), Bytes.of(f.saved())))
                .toList();
        var live = new ArrayList<Integer>();
        for (int stage = 0; stage < stages; stage++) {
            live.add(live(stage));
        }
        long reserved = 2 * costs.streamBytes() + leastScratch();
        return StagePartition.solve(layers, live, Bytes.of(Math.max(0, costs.capacity() - reserved)))
                .map(sizes -> new StageSplit(sizes.sizes()).blocks());
    }

    private long leastScratch() {
        long least = Long.MAX_VALUE;
        for (int kind = 1; kind < costs.figures().length - 1; kind++) {
            least = Math.min(least, costs.figures()[kind].forwardScratch());
        }
        return least;
    }

    private int live(int stage) {
        return StepModel.live(schedule, stages, 1, microbatches, stage);
    }

    /** Takes the split for the best if it fits and is faster. */
    private void time(List<Integer> blocks) {
        var sizes = new ArrayList<>(blocks);
        sizes.set(0, sizes.getFirst() + 1);
        sizes.set(stages - 1, sizes.getLast() + 1);
        StageShares shares = StageShares.of(model, stages, 1, new StageSplit(sizes));
        var memory = new StageMemory(shares, costs.figures(), costs.streamBytes(), schedule, microbatches);
        if (memory.least(1, 1, true) > costs.capacity()) {
            return;
        }
        budget -= 2L * stages * microbatches;
        if (costs.toBeat() == 0) {
            return;
        }
        double seconds = StepModel.of(
                        schedule, microbatches, shares, costs.figures(), costs.message(), costs.ends(), costs.traffic())
                .seconds();
        if (seconds < bestSeconds * (1 - Goal.ROUNDING)) {
            bestSeconds = seconds;
            best = Optional.of(List.copyOf(blocks));
        }
    }

    /**
     * Tries every number of layers for the next stage that may yet lead to a faster split.
     *
     * @param placed layers on the stages so far, embedding and head not counted
     * @param before seconds that one micro-batch takes on them, there and back
     */
    private void place(List<Integer> placed, int first, double before) {
        budget -= stages;
        int stage = placed.size();
        boolean last = stage == stages - 1;
        int left = blocks - first;
        int behind = Math.max(0, stages - stage - 2);
        Stage here = new Stage(stage);
        for (int n = 0; n <= left - (last ? 0 : behind); n++) {
            if (n > 0) {
                here.add(costs.figures()[model.order().get(first + n)]);
            }
            if (budget <= 0 || here.isTooMuch(before)) {
                return;
            }
            boolean mayBeEmpty = stage == 0 || last;
            if ((n == 0 && !mayBeEmpty) || (last && n < left)) {
                continue;
            }
            placed.add(n);
            if (last) {
                time(placed);
            } else if (canHold(stage + 1, left - n)) {
                place(placed, first + n, before + here.forward + here.backward);
            }
            placed.removeLast();
        }
    }

    /** Whether the stages from {@code stage} on could hold {@code layers} of the leanest kind and still be faster. */
    private boolean canHold(int stage, int layers) {
        long room = 0;
        for (int s = stage; s < stages && room < layers; s++) {
            Stage there = new Stage(s);
            room += there.most();
        }
        return room >= layers;
    }

    /** A stage being filled. */
    private final class Stage {
        private final int stage;
        private final int live;
        private double forward;
        private double backward;
        private long bytes;

        Stage(int stage) {
            this.stage = stage;
            this.live = live(stage);
            this.bytes = 2 * costs.streamBytes();
            if (stage == 0) {
                add(costs.figures()[0]);
            }
            if (stage == stages - 1) {
                add(costs.figures()[costs.figures().length - 1]);
            }
            int neighbours = (stage == 0 ? 0 : 1) + (stage == stages - 1 ? 0 : 1);
            forward += neighbours * messageSeconds() / 2;
            if (LayerFigures.leastCrossings(costs.figures()) == 2) {
                backward += neighbours * messageSeconds() / 2;
            }
        }

        void add(LayerFigures layer) {
            forward += layer.forward().total();
            backward += layer.backward().total();
            bytes += layer.state() + live * layer.saved();
        }

        /** Whether no split with this stage fits and is faster than the best, by the inequalities of {@link AnySplit}. */
        boolean isTooMuch(double before) {
            double filling = before + microbatches * (forward + backward);
            return bytes > costs.capacity() || Math.max(turning(), filling) >= Math.min(bestSeconds, costs.toBeat());
        }

        /** Layers of the leanest kind that it can take beside those it has. */
        int most() {
            if (isTooMuch(0)) {
                return 0;
            }
            double limit = Math.min(bestSeconds, costs.toBeat());
            double slower = leanest.backward().total() * (microbatches - 1)
                    + leanest.forward().total() * (microbatches - ahead());
            double longer = microbatches * work(leanest);
            double larger = leanest.state() + (double) live * leanest.saved();
            double layers = Math.min(
                    (limit - microbatches * (forward + backward)) / longer, (costs.capacity() - bytes) / larger);
            return (int) Math.min(blocks, slower > 0 ? Math.min(layers, (limit - turning()) / slower) : layers);
        }

        private double ahead() {
            return schedule == Schedule.GPIPE ? 1 : Math.min(stages - stage, microbatches);
        }

        private double turning() {
            return once + (microbatches - 1) * backward + (microbatches - ahead()) * forward;
        }
    }
}
