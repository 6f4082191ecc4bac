package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoublePredicate;

/**
 * A model's layers in their order, to be cut into one run for each stage. A stage obeys inequalities between its run and the time
 * of a step; whatever obeys them still does without its first or its last layer, so that stages which each take as many of the
 * next layers as they can reach furthest: whether any split can be as fast as a time is told in one walk along the layers.
 *
 * <p>Seconds and bytes throughout. Whatever is said of a split here is at most what it takes.
 */
final class LayerChain {
    /** How far a time that is too short may be below one that may do, relative: a bound need not be sharper. */
    static final double SHARPNESS = 1e-5;

    /** The same where layers are divisible, which is no sharper. */
    private static final double FIRST_SHARPNESS = 2e-4;

    /** How far beyond the first time is looked next, relative. */
    private static final double FIRST_LOOK = 0.05;

    /** Seconds in which stages take all the layers that they have room for. */
    private static final double LONGER_THAN_ANY = 1e30;

    /** Sums of the same numbers in another order. */
    private static final double ROUNDING = 1e-12;

    /** Kinds of the layers between embedding and head. */
    private final int[] order;

    private final int stages;
    private final int microbatches;
    private final boolean splitsBackward;
    private final Message message;
    private final Engine.Traffic traffic;
    private final double tied;
    private final ByStage<LeastRecomputation> least;
    /** By kind of layer, on the nodes that are fastest for it. */
    private final LayerFigures[] fastest;

    private final long[] capacities;
    private final boolean gradientsReturn;
    /** By layer: what a micro-batch takes there, and back, through all before it. */
    private final double[] there;

    private final double[] back;
    /** Of one micro-batch there and back through all stages. */
    private final double once;

    private final Place[] places;
    private final SlowNodes slower;
    /** By layer and kind: layers of the kind before it. */
    private final int[][] counted;
    /** By stage: how many layers it took when it was last asked, which is where the next look begins. */
    private final int[] taken;

    /** What is the same on a stage however many layers it takes. */
    private record Place(
            int stage,
            LayerFigures[] figures,
            boolean isFirst,
            boolean isLast,
            Live live,
            int forwardsBeside,
            int weightsBefore,
            RecomputationPrice price) {}

    /**
     * @param least of what stages must compute again, and what they keep
     * @param capacities most bytes of each stage
     * @param scratch whether the figures' scratch memory counts
     */
    LayerChain(
            LayerCounts counts,
            Schedule schedule,
            int stages,
            int microbatches,
            ByStage<LeastRecomputation> least,
            Message message,
            StepEnds ends,
            Engine.Traffic traffic,
            long[] capacities,
            boolean scratch) {
        this.order = counts.order();
        int all = order.length + 2;
        this.stages = stages;
        this.microbatches = microbatches;
        this.splitsBackward = schedule.splitsBackward();
        this.message = message;
        this.tied = ends.tied();
        this.traffic = traffic;
        this.least = least;
        ByStage<LayerFigures[]> figures = least.map(of -> of.figures().getFirst());
        this.fastest = figures.used().stream().reduce(LayerFigures::shorter).orElseThrow();
        this.capacities = capacities;
        this.slower = SlowNodes.of(figures, fastest, microbatches);
        this.gradientsReturn = LayerFigures.leastCrossings(fastest) == 2;
        this.there = new double[all];
        this.back = new double[all];
        for (int layer = 1; layer < all; layer++) {
            LayerFigures before = fastest[layer == 1 ? 0 : order[layer - 2]];
            there[layer] = there[layer - 1] + before.forward().total();
            back[layer] = back[layer - 1] + before.backward().total();
        }
        LayerFigures head = fastest[fastest.length - 1];
        this.once = there[all - 1]
                + back[all - 1]
                + head.forward().total()
                + head.backward().total()
                + (stages - 1) * (2 * message.flight() + (gradientsReturn ? 2 : 1) * messageSeconds());
        this.counted = counts.before();
        this.taken = new int[stages];
        this.places = new Place[stages];
        for (int stage = 0; stage < stages; stage++) {
            var passes = new PipelineOrder(schedule, stages, 1, microbatches, stage);
            Live live = passes.alive();
            places[stage] = new Place(
                    stage,
                    figures.at(stage),
                    stage == 0,
                    stage == stages - 1,
                    live,
                    passes.forwardsBesideOneWay(),
                    passes.weightsBeforeLastBackward(),
                    new RecomputationPrice(least.at(stage), live, stage == stages - 1, scratch));
        }
    }

    /** Of any split: all work in equal parts, and one micro-batch there and back. */
    double evenSeconds() {
        double sum = 0;
        for (int kind : order) {
            sum += fastest[kind].forward().total()
                    + fastest[kind].gradientPasses().total();
        }
        return Math.max(once, microbatches * sum / stages);
    }

    private double messageSeconds() {
        return message.send() + message.receive();
    }

    private int layers() {
        return order.length;
    }

    /**
     * A time in which no split takes a step, close to the shortest in which one might; infinite where none fits.
     *
     * @param from seconds that no split goes below
     * @param whole whether layers that compute again do so as a whole: longer to find out, and sharper where stages have few layers
     * @param enough of seconds: whether it is enough to know that no split takes less
     */
    double leastSeconds(double from, boolean whole, DoublePredicate enough) {
        double sharpness = whole ? SHARPNESS : FIRST_SHARPNESS;
        if (reaches(from, whole)) {
            return from;
        }
        if (!reaches(LONGER_THAN_ANY, whole)) {
            return Double.POSITIVE_INFINITY;
        }
        double tooShort = from;
        double ahead = from * FIRST_LOOK;
        double most = from + ahead;
        while (!reaches(most, whole)) {
            tooShort = most;
            ahead *= 2;
            most += ahead;
        }
        while (most - tooShort > sharpness * most && !enough.test(tooShort)) {
            double middle = (tooShort + most) / 2;
            if (reaches(middle, whole)) {
                most = middle;
            } else {
                tooShort = middle;
            }
        }
        return tooShort;
    }

    private boolean reaches(double seconds, boolean whole) {
        int first = 0;
        for (int stage = 0; stage < stages; stage++) {
            int end = furthest(stage, first, seconds, whole);
            if (end < 0) {
                return false;
            }
            first = end;
        }
        return first == layers();
    }

    /** Where the longest run from {@code first} on ends that the stage can hold; -1 where not even an empty one. */
    private int furthest(int stage, int first, double seconds, boolean whole) {
        int most = layers() - first;
        int holds = Math.min(taken[stage], most);
        int step = 1;
        while (holds >= 0 && isTooMuch(stage, first, first + holds, seconds, whole)) {
            holds = holds == 0 ? -1 : Math.max(0, holds - step);
            step *= 2;
        }
        if (holds < 0) {
            return -1;
        }
        int tooMany = step > 1 ? Math.min(most, holds + step / 2) : most + 1;
        for (int ahead = 1; step == 1 && holds + ahead <= most; ahead *= 2) {
            if (isTooMuch(stage, first, first + holds + ahead, seconds, whole)) {
                tooMany = holds + ahead;
                break;
            }
            holds += ahead;
        }
        while (tooMany - holds > 1) {
            int middle = (holds + tooMany) >>> 1;
            if (isTooMuch(stage, first, first + middle, seconds, whole)) {
                tooMany = middle;
            } else {
                holds = middle;
            }
        }
        taken[stage] = holds;
        return first + holds;
    }

    private boolean isTooMuch(int stage, int first, int end, double seconds, boolean whole) {
        Run run = run(stage, first);
        for (int kind = 1; kind < fastest.length - 1; kind++) {
            run.add(kind, counted[end][kind] - counted[first][kind]);
        }
        return run.isTooMuch(seconds, whole);
    }

    /** The split of which each stage, from the first on, holds as much as it can; none that leaves an inner stage empty. */
    Optional<List<Integer>> fromTheFront(double seconds) {
        var blocks = new ArrayList<Integer>();
        int first = 0;
        for (int stage = 0; stage < stages; stage++) {
            boolean isLast = stage == stages - 1;
            int most = isLast ? layers() : layers() - Math.max(0, stages - stage - 2);
            int end = Math.min(most, furthest(stage, first, seconds, true));
            if (end < first || end == first && stage > 0 && !isLast) {
                return Optional.empty();
            }
            blocks.add(end - first);
            first = end;
        }
        return first == layers() ? Optional.of(blocks) : Optional.empty();
    }

    /** By stage: the first layer before which it cannot begin, if it and those behind it are to hold all the rest. */
    int[] firsts(double seconds) {
        int[] firsts = new int[stages + 1];
        firsts[stages] = layers();
        for (int stage = stages - 1; stage >= 0; stage--) {
            int end = firsts[stage + 1];
            int first = end;
            while (first > 0 && !isTooMuch(stage, first - 1, end, seconds, true)) {
                first--;
            }
            firsts[stage] = first;
        }
        return firsts;
    }

    /** The layers of a stage from {@code first} on, none yet. */
    Run run(int stage, int first) {
        return new Run(places[stage], first);
    }

    /** A stage that takes one layer after the other. */
    final class Run {
        private final Place place;
        private final int[] counts;
        /** Seconds at which its first micro-batch is there, and from its last gradient to the end, at least. */
        private double before;

        private double behind;
        /** Layers before it, embedding and head not counted. */
        private final int first;

        private double forward;
        private double backward;
        private double weights;
        private double reduce;
        private double update;
        private double gather;
        private double state;
        private double kept;
        private double scratch;
        private double again;

        private Run(Place place, int first) {
            this.place = place;
            this.counts = new int[fastest.length];
            this.first = first;
            int s = place.stage();
            double arriving = s * message.flight();
            if (s > 0) {
                double one = s * message.send() + (s - 1) * message.receive();
                double other = s * message.receive() + (s - 1) * message.send();
                this.before = there[first + 1] + arriving + one;
                this.behind = back[first + 1] + arriving + (gradientsReturn ? other : 0);
            }
            if (place.isFirst()) {
                add(0);
            }
            if (place.isLast()) {
                add(fastest.length - 1);
            }
        }

        void add(int kind) {
            add(kind, 1);
        }

        /** So many layers of a kind. */
        private void add(int kind, int times) {
            if (times == 0) {
                return;
            }
            LayerFigures layer = place.figures()[kind];
            counts[kind] += times;
            forward += times * layer.forward().total();
            backward += times * layer.backward().total();
            weights += times * layer.weightPass().total();
            reduce += times * layer.reduce().total();
            update += times * layer.update().total();
            gather += times * layer.update().data();
            state += (double) times * layer.state();
            kept += times * place.price().kept(kind);
            scratch = Math.max(scratch, place.price().scratch(kind));
        }

        /** What is awaited of this stage by those behind it, beside what {@link #before} says. */
        double again() {
            return splitsBackward ? 0 : again;
        }

        /** Whether no split with this run fits and takes less than {@code seconds}. */
        boolean isTooMuch(double seconds, boolean whole) {
            return isTooMuch(seconds, whole, 0);
        }

        /**
         * @param agains seconds that the stages before take longer for a micro-batch, since they compute again
         */
        boolean isTooMuch(double seconds, boolean whole, double agains) {
            double limit = seconds * (1 + ROUNDING);
            again = 0;
            if (isTooLong(limit, agains)) {
                return true;
            }
            double over = bytes() - capacities[place.stage()];
            if (over <= 0) {
                return false;
            }
            again = place.price().seconds(over, counts);
            if (Double.isInfinite(again) || isTooLong(limit, agains)) {
                return true;
            }
            if (whole) {
                again = Math.max(again, wholeLayers());
            }
            return isTooLong(limit, agains);
        }

        /** Bytes with nothing computed again but where that takes the least scratch. */
        private double bytes() {
            return Math.floor(state / least.any().shardWays())
                    + 2.0 * least.any().streamBytes()
                    + kept
                    + scratch;
        }

        private double wholeLayers() {
            return least.at(place.stage())
                    .solve(new int[][] {counts}, new Live[] {place.live()}, capacities[place.stage()])
                    .map(LeastRecomputation.Solution::seconds)
                    .orElse(Double.POSITIVE_INFINITY);
        }

        private boolean isTooLong(double limit, double agains) {
            int neighbours = (place.isFirst() ? 0 : 1) + (place.isLast() ? 0 : 1);
            double sends = place.isLast() ? 0 : message.send();
            double receives = place.isFirst() ? 0 : message.receive();
            double coming = forward + sends + receives;
            double going = backward + (gradientsReturn ? neighbours * messageSeconds() - sends - receives : 0);
            double all = microbatches * (coming + going + weights + again);
            double awaited = going + again();
            double late = place.weightsBefore() * weights;
            SlowNodes.Longer ahead = slower.before(place.stage(), first, limit);
            double arriving = before + ahead.forward();
            return arriving + all + finish() > limit
                    || arriving + behind + ahead.backward() + agains + microbatches * (coming + awaited) + late > limit
                    || once
                                    + slower.before(stages, layers(), limit).both()
                                    + agains
                                    + again()
                                    + (microbatches - 1) * awaited
                                    + place.forwardsBeside() * coming
                                    + late
                            > limit;
        }

        /** What follows the passes; what runs beside them shows as far as it is longer. */
        private double finish() {
            double reduced = traffic.hidesGradients() ? beside(reduce, backward + weights + again) : reduce;
            double updated = traffic.hidesWeights() ? update - gather + beside(gather, forward) : update;
            return reduced + updated + (place.isFirst() || place.isLast() ? tied : 0);
        }

        private double beside(double exchange, double passes) {
            return new Work(passes, 0, exchange).hidden(traffic.exposed()).data();
        }
    }
}
