package dev.dovetail.optimizer.search;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.solver.StagePartition;
import java.util.ArrayList;
import java.util.Arrays;
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

    /** Each halves what is left between a time in which the stages cannot take all layers and one in which they can. */
    private static final int HALVINGS = 30;

    private final Model model;
    private final Schedule schedule;
    private final int stages;
    private final int microbatches;
    private final SplitFinder.Stages costs;
    private final int blocks;
    private final double once;
    private final boolean gradientsReturn;
    private final LayerFigures fastest;
    private final LayerFigures leanest;
    /** By kind, with the least that any way to recompute keeps. */
    private final LayerFigures[] keepingLeast;

    private long budget = BUDGET;
    private Optional<List<Integer>> best = Optional.empty();
    private double bestSeconds = Double.POSITIVE_INFINITY;
    /** By stage: layers that it and those behind it can take at most, for a step within {@link #roomWithin} seconds. */
    private final long[] room;

    private double roomWithin = Double.NaN;
    /** By stage, its first layer and how many it has: what many splits share. */
    private final Stage[][][] filled;

    /** @param proved whether no other split is faster */
    record Found(Optional<List<Integer>> split, boolean proved) {}

    FastestSplit(Model model, Schedule schedule, int stages, int microbatches, SplitFinder.Stages costs) {
        this.model = model;
        this.schedule = schedule;
        this.stages = stages;
        this.blocks = model.blocks();
        this.room = new long[stages];
        this.filled = new Stage[stages][blocks + 1][];
        this.microbatches = microbatches;
        this.costs = costs;
        double sum = 2.0 * (stages - 1) * (messageSeconds() + costs.message().flight());
        for (int kind : model.order()) {
            sum += way(costs.fastest()[kind]);
        }
        this.once = sum;
        this.gradientsReturn = LayerFigures.leastCrossings(costs.fastest()) == 2;
        this.fastest = LayerFigures.leanest(costs.fastest());
        this.keepingLeast = costs.leanest();
        this.leanest = LayerFigures.leanest(keepingLeast);
    }

    private double messageSeconds() {
        return costs.message().send() + costs.message().receive();
    }

    private static double work(LayerFigures layer) {
        return layer.forward().total() + layer.gradientPasses().total();
    }

    /** Without gradients of weights that nobody waits for. */
    private static double way(LayerFigures layer) {
        return layer.forward().total() + layer.backward().total();
    }

    /** @param begin the split to begin with, as layers between embedding and head */
    Found from(List<Integer> begin) {
        time(begin);
        boolean open = costs.least().modes().size() > 1;
        if (costs.toBeat() > 0 && (open || best.isEmpty())) {
            (open ? filled() : balanced()).ifPresent(this::time);
        }
        place(new ArrayList<>(), 0, 0);
        return new Found(best, budget > 0);
    }

    private Optional<List<Integer>> balanced() {
        var layers = model.order().stream()
                .map(kind -> costs.fastest()[kind])
                .map(f -> new StagePartition.Layer(Seconds.of(work(f)), Bytes.of(f.state()), f.saved()))
                .toList();
        var live = new ArrayList<Live>();
        for (int stage = 0; stage < stages; stage++) {
            live.add(live(stage));
        }
        long reserved = 2 * costs.least().streamBytes() + leastScratch();
        return StagePartition.solve(layers, live, Bytes.of(Math.max(0, costs.capacity() - reserved)))
                .map(sizes -> new StageSplit(sizes.sizes()).blocks());
    }

    private long leastScratch() {
        long least = Long.MAX_VALUE;
        for (int kind = 1; kind < costs.fastest().length - 1; kind++) {
            least = Math.min(least, costs.fastest()[kind].forwardScratch());
        }
        return least;
    }

    /** Every stage takes as many layers as it works off in the same time, with what it must compute again. */
    private Optional<List<Integer>> filled() {
        double most = 2 * microbatches * once;
        Optional<List<Integer>> shortest = filled(most);
        double tooShort = 0;
        for (int i = 0; i < HALVINGS && shortest.isPresent(); i++) {
            double middle = (tooShort + most) / 2;
            Optional<List<Integer>> found = filled(middle);
            shortest = found.isPresent() ? found : shortest;
            most = found.isPresent() ? middle : most;
            tooShort = found.isPresent() ? tooShort : middle;
        }
        return shortest;
    }

    private Optional<List<Integer>> filled(double seconds) {
        var placed = new ArrayList<Integer>();
        int first = 0;
        for (int stage = 0; stage < stages; stage++) {
            boolean last = stage == stages - 1;
            int behind = Math.max(0, stages - stage - 2);
            int most = last ? blocks - first : blocks - first - behind;
            int n = 0;
            while (n < most && stage(stage, first, n + 1).worksOff(seconds)) {
                n++;
            }
            if (n == 0 && stage > 0 && !last || last && n < most) {
                return Optional.empty();
            }
            placed.add(n);
            first += n;
        }
        return Optional.of(placed);
    }

    /** The embedding on the first stage, the head on the last. */
    private int[] ends(int stage) {
        int[] counts = new int[costs.fastest().length];
        counts[0] = stage == 0 ? 1 : 0;
        counts[counts.length - 1] = stage == stages - 1 ? 1 : 0;
        return counts;
    }

    private Live live(int stage) {
        return StepModel.live(schedule, stages, 1, microbatches, stage);
    }

    /** Takes the split for the best if it fits and is faster. */
    private void time(List<Integer> blocks) {
        var sizes = new ArrayList<>(blocks);
        sizes.set(0, sizes.getFirst() + 1);
        sizes.set(stages - 1, sizes.getLast() + 1);
        var split = new StageSplit(sizes);
        long[] capacity = new long[stages];
        Arrays.fill(capacity, costs.capacity());
        var found = new FittingRecomputation(model, split, stages, 1, schedule, microbatches, costs.least())
                .within(capacity);
        if (!found.fits()) {
            return;
        }
        budget -= 2L * stages * microbatches;
        if (costs.toBeat() == 0) {
            return;
        }
        StageShares shares = StageShares.of(
                model, stages, 1, split, found.recompute(), costs.least().modes());
        LayerFigures[] figures = StageShares.arranged(costs.least().figures());
        double seconds = StepModel.of(
                        schedule, microbatches, shares, figures, costs.message(), costs.ends(), costs.traffic())
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
        for (int n = 0; n <= left - (last ? 0 : behind); n++) {
            Stage here = stage(stage, first, n);
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
                place(placed, first + n, before + here.forward + here.awaited());
            }
            placed.removeLast();
        }
    }

    /** Whether the stages from {@code stage} on could hold {@code layers} of the leanest kind and still be faster. */
    private boolean canHold(int stage, int layers) {
        if (roomWithin != limit()) {
            roomWithin = limit();
            for (int s = stages - 1; s >= 0; s--) {
                room[s] = stage(s, 0, 0).most() + (s == stages - 1 ? 0 : room[s + 1]);
            }
        }
        return room[stage] >= layers;
    }

    /** Seconds beyond which a split is no use. */
    private double limit() {
        return Math.min(bestSeconds, costs.toBeat());
    }

    /** Layers {@code first} to {@code first + n} between embedding and head on a stage. */
    private Stage stage(int stage, int first, int n) {
        if (filled[stage][first] == null) {
            filled[stage][first] = new Stage[blocks - first + 1];
        }
        Stage[] row = filled[stage][first];
        if (row[n] == null) {
            row[n] = n == 0
                    ? new Stage(stage)
                    : stage(stage, first, n - 1).with(model.order().get(first + n));
        }
        return row[n];
    }

    /** A stage being filled: layers of each kind on it. */
    private final class Stage {
        private final int stage;
        private final PipelineOrder order;
        private final Live live;
        private final int[] counts;
        private final double forward;
        private final double keeping;
        /** Gradients of weights, where they have a pass of their own. */
        private final double weights;

        private final long bytes;
        private double again = Double.NaN;

        Stage(int stage) {
            this(stage, ends(stage));
        }

        private Stage(int stage, int[] counts) {
            this.stage = stage;
            this.order = new PipelineOrder(schedule, stages, 1, microbatches, stage);
            this.live = order.alive();
            this.counts = counts;
            int neighbours = (stage == 0 ? 0 : 1) + (stage == stages - 1 ? 0 : 1);
            double there = neighbours * messageSeconds() / 2;
            double back = gradientsReturn ? there : 0;
            double late = 0;
            long kept = 2 * costs.least().streamBytes();
            for (int kind = 0; kind < counts.length; kind++) {
                LayerFigures layer = costs.fastest()[kind];
                there += counts[kind] * layer.forward().total();
                back += counts[kind] * layer.backward().total();
                late += counts[kind] * layer.weightPass().total();
                kept += counts[kind]
                        * (layer.state() + keepingLeast[kind].saved().of(live));
            }
            this.forward = there;
            this.keeping = back;
            this.weights = late;
            this.bytes = kept;
        }

        private double backward() {
            return keeping + again();
        }

        /** What the stage before waits for at least. */
        private double awaited() {
            return schedule.splitsBackward() ? keeping : backward();
        }

        /** Seconds of what must be computed again for the layers to fit. */
        private double again() {
            again = Double.isNaN(again) ? leastAgain() : again;
            return again;
        }

        private double leastAgain() {
            if (costs.least().modes().size() == 1 || bytes > costs.capacity()) {
                return 0;
            }
            return costs.least()
                    .solve(new int[][] {counts}, new Live[] {live}, costs.capacity())
                    .map(LeastRecomputation.Solution::seconds)
                    .orElse(Double.POSITIVE_INFINITY);
        }

        Stage with(int kind) {
            int[] more = counts.clone();
            more[kind]++;
            return new Stage(stage, more);
        }

        boolean worksOff(double seconds) {
            return bytes <= costs.capacity() && microbatches * (forward + backward() + weights) <= seconds;
        }

        /** Whether no split with this stage fits and is faster than the best, by the inequalities of {@link AnySplit}. */
        boolean isTooMuch(double before) {
            return bytes > costs.capacity()
                    || isTooLong(before, keeping, limit())
                    || isTooLong(before, backward(), limit());
        }

        /** Of what is computed again it may be the gradients of weights alone that wait for it. */
        private boolean isTooLong(double before, double backward, double limit) {
            double all = microbatches * (forward + backward + weights);
            double awaited = schedule.splitsBackward() ? keeping : backward;
            double back = before + microbatches * (forward + awaited) + order.weightsBeforeLastBackward() * weights;
            return Math.max(all, Math.max(turning(awaited), back)) >= limit;
        }

        /** Layers of the leanest kind that it can take beside those it has. */
        int most() {
            if (isTooMuch(0)) {
                return 0;
            }
            double slower = fastest.backward().total() * (microbatches - 1)
                    + fastest.forward().total() * order.forwardsBesideOneWay()
                    + fastest.weightPass().total() * order.weightsBeforeLastBackward();
            double longer = microbatches * work(fastest);
            double larger = leanest.state() + (double) leanest.saved().of(live);
            double layers = Math.min(
                    (limit() - microbatches * (forward + keeping + weights)) / longer,
                    (costs.capacity() - bytes) / larger);
            return (int) Math.min(
                    blocks, slower > 0 ? Math.min(layers, (limit() - turning(keeping)) / slower) : layers);
        }

        private double turning(double backward) {
            return once
                    + (microbatches - 1) * backward
                    + order.forwardsBesideOneWay() * forward
                    + order.weightsBeforeLastBackward() * weights;
        }
    }
}
