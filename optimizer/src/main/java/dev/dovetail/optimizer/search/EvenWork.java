package dev.dovetail.optimizer.search;

import static dev.dovetail.optimizer.search.PlanReading.complete;
import static dev.dovetail.optimizer.search.PlanReading.dataRanks;
import static dev.dovetail.optimizer.search.PlanReading.devices;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.optimizer.lower.ExpertSharing;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import dev.dovetail.optimizer.search.StepFigures.Busy;
import dev.dovetail.optimizer.search.StepFigures.Load;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The work of all layers spread evenly over stages: what a step takes at least before it is known how layers are split. Seconds. */
final class EvenWork {
    /** Micro-batches that bounds are worked out for are powers of this, or whole shares below it. */
    private static final int ROUNDING = 4;

    private final TrainJob job;
    private final LayerFigureCache layers;
    private final PlanReading reading;
    private final Map<Setting, Even> evens = new HashMap<>();

    EvenWork(TrainJob job, LayerFigureCache layers, PlanReading reading) {
        this.job = job;
        this.layers = layers;
        this.reading = reading;
    }

    /**
     * As {@link #evenWork}, by however many replicas find devices: the more there are, the fewer sequences each has, and the fewer
     * it has, the longer each takes, so as many as can be at the rate of as few as can be are faster than any number.
     */
    Load replicatedWork(Decisions partial, int clock) {
        int fewest = ExpertSharing.of(partial).replicas();
        int most = Math.clamp(job.cluster().devices() / devices(partial), fewest, Math.max(fewest, job.batch()));
        Even even = even(partial.with(Decision.DATA, fewest), job.largestShare(fewest), clock);
        double work = even.seconds() * job.largestShare(most) / partial.get(Decision.PIPELINE);
        int ranks =
                partial.get(Decision.TENSOR) * partial.find(Decision.CONTEXT).orElse(1);
        double all = (double) job.batch() * ranks;
        double seconds = job.cluster().mixed()
                ? Math.max(work, even.seconds() * all / even.pace().all(job.cluster()))
                : work;
        return new Load(
                seconds,
                even.seconds() * all,
                even.busy().computing() * all,
                even.busy().communicating() * all);
    }

    /**
     * All layers of all sequences, spread evenly over the stages, in micro-batches of any size while it is open: a kernel's time is its size times
     * a rate plus what does not grow, so a sequence never takes longer in a larger micro-batch.
     */
    Load evenWork(Decisions partial, int clock) {
        int share = job.largestShare(partial.get(Decision.DATA));
        if (partial.find(Decision.MICROBATCH).isPresent()) {
            int microbatch = partial.get(Decision.MICROBATCH);
            return evenWork(partial, microbatch, microbatch, clock);
        }
        if (!isOrdered(partial)) {
            return evenWork(partial, share, share, clock);
        }
        Load least = evenWork(partial, 1, 1, clock);
        for (int smallest = 2, largest = ROUNDING; smallest <= share; smallest = largest + 1, largest *= ROUNDING) {
            least = least.least(evenWork(partial, smallest, Math.min(share, largest), clock));
        }
        return least;
    }

    private Load evenWork(Decisions partial, int smallest, int largest, int clock) {
        int share = job.largestShare(partial.get(Decision.DATA));
        Even even = even(partial, largest, clock);
        double first = even.alone() / Math.ceilDiv(share, smallest);
        double atOnce = isOrdered(partial)
                ? together(even, partial, first)
                : even.pace()
                        .together(
                                reading.nodes(partial),
                                partial.get(Decision.PIPELINE),
                                ranksOfStage(partial),
                                job.cluster());
        double seconds = even.seconds() * share / atOnce;
        double sequences = (double) share * ranksOfStage(partial);
        return new Load(
                seconds,
                seconds * devices(partial),
                even.busy().computing() * sequences,
                even.busy().communicating() * sequences);
    }

    /** Whether it is known that stages wait for each other's first and last micro-batches as a whole. */
    static boolean isOrdered(Decisions partial) {
        return partial.get(Decision.PIPELINE) > 1
                && partial.find(Decision.SCHEDULE).isPresent()
                && partial.get(Decision.INTERLEAVE) == 1;
    }

    /**
     * The share of all work that determines a step without interleaving, however layers are split. The first micro-batch passes
     * the stages before a stage, and what the last one sends back passes them again; between the two the stage does all its own
     * work. So with shares {@code x} of the work, {@code first · (x(0) + … + x(s-1)) + x(s)} is at most the step for every stage
     * {@code s}; where all are equal the step is shortest.
     *
     * @param first share of a stage's work that the stages behind it wait for while it runs alone
     */
    static double slowest(double first, int stages) {
        return first / (1 - Math.pow(1 - first, stages));
    }

    /** The work that all stages do while the step lasts for one of the fastest nodes: less by what they wait for the first micro-batch. */
    double together(Even even, Decisions partial, double first) {
        int stages = partial.get(Decision.PIPELINE);
        List<Integer> nodes = reading.nodes(partial);
        double waiting = 1 / slowest(first, stages);
        return nodes.isEmpty()
                ? Math.min(waiting, even.pace().together(nodes, stages, ranksOfStage(partial), job.cluster()))
                : even.pace().waiting(nodes, first);
    }

    static int ranksOfStage(Decisions partial) {
        return partial.get(Decision.TENSOR) * dataRanks(partial);
    }

    /**
     * A sequence's way through all layers.
     *
     * @param seconds at least, whatever the micro-batch is up to a size
     * @param busy that by what it is spent on
     * @param pace of each kind of node
     * @param alone share of that in which later stages wait for a micro-batch: not while gradients of weights are made, which may
     *     come later, nor, where they may, while it comes back
     */
    private record Even(double seconds, Busy busy, double alone, Pace pace) {
        static Even of(LayerFigures[] figures, int[] totals, int sequences, boolean splitsBackward, Pace pace) {
            Work sum = Work.NONE;
            double least = 1;
            for (int kind = 0; kind < figures.length; kind++) {
                Work passes = figures[kind].forward().plus(figures[kind].gradientPasses());
                double forward = figures[kind].forward().total();
                double work = passes.total();
                sum = sum.plus(passes, totals[kind]);
                least = splitsBackward && work > 0 ? Math.min(least, forward / work) : least;
            }
            var busy = new Busy(sum.compute() / sequences, (sum.tensor() + sum.data()) / sequences);
            return new Even(sum.total() / sequences, busy, least, pace);
        }
    }

    /** In micro-batches of {@code share} sequences at most. Sizes are rounded up, so that few layers are lowered for all of them. */
    Even even(Decisions partial, int share, int clock) {
        int rounded = share;
        for (int size = 1; size < share && size <= job.batch(); size *= ROUNDING) {
            rounded = size * ROUNDING;
        }
        Decisions one = complete(partial.with(Decision.MICROBATCH, rounded));
        Setting setting = reading.setting(one, clock)
                .alone()
                .with(rounded, reading.modes(partial).getFirst());
        Even known = evens.get(setting);
        if (known == null) {
            known = even(setting, reading.mesh(one), rounded);
            evens.put(setting, known);
        }
        return known;
    }

    Even even(Setting setting, MeshShape mesh, int sequences) {
        LayerFigures[] fastest = layers.leastPasses(setting, mesh);
        boolean splits = setting.splitsBackward();
        if (!job.cluster().mixed()) {
            return Even.of(fastest, reading.totals(), sequences, splits, Pace.ALIKE);
        }
        List<LayerFigures[]> kinds = IntStream.rangeClosed(
                        1, job.cluster().groups().size())
                .mapToObj(kind -> layers.leastPasses(setting.on(kind), mesh))
                .toList();
        double alone = kinds.stream()
                .mapToDouble(here -> Even.of(here, reading.totals(), sequences, splits, Pace.ALIKE)
                        .alone())
                .min()
                .orElseThrow();
        Pace pace = Pace.of(fastest, kinds);
        Even quickest = Even.of(fastest, reading.totals(), sequences, splits, pace);
        return new Even(quickest.seconds(), quickest.busy(), alone, pace);
    }
}
