package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.timing.DeviceSharing;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.EnergyCost;
import dev.dovetail.optimizer.lower.Beside;
import dev.dovetail.optimizer.lower.ExpertSharing;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StageLayout;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.technique.Choice.Values;
import dev.dovetail.optimizer.technique.Offloading;
import dev.dovetail.optimizer.technique.Outlook;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Figures of training plans. A complete plan costs what its program's schedule takes; unfinished decisions are bounded by the
 * least that any way to finish them takes: open decisions take the value that helps most, each figure on its own.
 *
 * <p>Bounds and figures are one class because a bound is a figure with some decisions left open: both read the same layer
 * figures and splits, and a change to one that misses the other would rule out the best plan in silence.
 */
public final class TrainAppraiser implements Appraiser, Outlook {
    /** Micro-batches that bounds are worked out for are powers of this, or whole shares below it. */
    private static final int ROUNDING = 4;

    private final TrainJob job;
    private final CostModel costs;
    private final DeviceConstants constants;
    private final LayerFigureCache layers;
    private final List<Integer> clocks;
    private final Focus focus;
    private final SharedTime sharedTime;
    private final Optional<InputPace> input;
    private final Map<SplitKey, StageShares> shares = new HashMap<>();
    private final Map<Decisions, Values<List<Integer>>> splits = new HashMap<>();
    private final int[] totals;
    /** Bytes that devices of each kind of node have less than the roomiest. */
    private final List<Long> lacking;

    private double toBeat = Double.POSITIVE_INFINITY;
    private final Map<Setting, Even> evens = new HashMap<>();
    private final Map<Decisions, Long> memories = new HashMap<>();

    private final Map<Knapsack, ByStage<LeastRecomputation>> knapsacks = new HashMap<>();
    private final Map<Decisions, Values<Recomputation>> recomputations = new HashMap<>();

    private final Map<MeshKey, MeshShape> meshes = new HashMap<>();

    private record MeshKey(int pipeline, int data, int context, int tensor, ExpertSharing experts, int group) {}

    private record SplitKey(
            int stages, int chunks, List<Integer> blocks, Recomputation recompute, List<Recompute> modes) {}

    private record Knapsack(
            Setting setting, List<Integer> nodes, List<Recompute> modes, int shardWays, boolean decided) {}

    /** The step time of plans whose ranks share a machine, samples at hand; asked for complete plans alone. */
    @FunctionalInterface
    public interface SharedTime {
        Seconds step(Decisions complete, LowerPlan.LayerSource layers);
    }

    /**
     * @param layers of this job, or of one that differs in what it asks alone
     * @param clocks every clock a plan may set, fastest first
     */
    TrainAppraiser(
            TrainJob job,
            CostModel costs,
            DeviceConstants constants,
            LayerFigureCache layers,
            List<Integer> clocks,
            Focus focus,
            SharedTime sharedTime) {
        this.job = job;
        this.costs = costs;
        this.constants = constants;
        this.layers = layers;
        this.clocks = List.copyOf(clocks);
        this.focus = focus;
        this.sharedTime = sharedTime;
        this.input = InputPace.of(job);
        this.totals = totals(layers.model());
        this.lacking = Limits.lacking(job);
    }

    private static int[] totals(Model model) {
        int[] totals = new int[model.kinds().size()];
        model.order().forEach(kind -> totals[kind]++);
        return totals;
    }

    // --- bounds
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public List<Figures> bounds(Decisions undecided, Predicate<Figures> out) {
        var bounds = new ArrayList<>(bounding(undecided, out));
        bounds.removeIf(out);
        return bounds;
    }

    @Override
    public boolean tells(Decisions partial) {
        boolean shares = partial.find(Decision.SHARD).isPresent();
        return partial.find(Decision.EXPERT_SEND).isPresent() && (!shares || sharesAreDecided(partial));
    }

    private List<Figures> bounding(Decisions undecided, Predicate<Figures> out) {
        Decisions partial = withFixedSplit(undecided);
        int devices = devices(partial);
        if (partial.find(Decision.DATA).isEmpty()) {
            boolean sharesAreKnown = partial.find(Decision.EXPERT_SEND).isPresent();
            return List.of(least(sharesAreKnown && focus.timed() ? replicatedWork(partial) : 0, devices, 0));
        }
        if (partial.find(Decision.MICROBATCH).isEmpty()) {
            return List.of(least(focus.timed() ? evenWork(partial) : 0, devices, leastState(partial)));
        }
        boolean early = focus.timed() && partial.find(Decision.SHARD).isEmpty();
        Figures even = least(early ? evenWork(partial, partial.get(Decision.MICROBATCH)) : 0, devices, 0);
        if (out.test(even)) {
            return List.of(even);
        }
        Decisions optimistic = complete(partial);
        long memory = leastMemory(optimistic, partial);
        if (memory > focus.capacity() || !focus.timed()) {
            return List.of(least(0, devices, memory));
        }
        return partial.find(Decision.FREQUENCY).isPresent()
                ? List.of(boundAt(
                        optimistic,
                        partial,
                        partial.get(Decision.FREQUENCY),
                        partial.get(Decision.FREQUENCY),
                        memory,
                        out))
                : overClocks(optimistic, partial, memory, out);
    }

    /** What a spec says about the split counts from the moment that the stages are known. */
    private Decisions withFixedSplit(Decisions partial) {
        Fixed fixed = job.fixed().get(Decision.STAGES.name());
        if (fixed == null || partial.find(Decision.INTERLEAVE).isEmpty()) {
            return partial;
        }
        Decisions split = partial.with(Decision.STAGES, Decision.STAGES.parse().apply(fixed.value()));
        boolean fits =
                split.get(Decision.STAGES).size() == split.get(Decision.PIPELINE) * split.get(Decision.INTERLEAVE);
        return fits
                        && StageSplit.of(layers.model().blocks(), split).layers()
                                == layers.model().order().size()
                ? split
                : partial;
    }

    private static int devices(Decisions partial) {
        return partial.find(Decision.TENSOR).orElse(1)
                * partial.find(Decision.PIPELINE).orElse(1)
                * dataRanks(partial);
    }

    /** Ranks of the data axis: replicas, and in each those that share its sequences. */
    private static int dataRanks(Decisions partial) {
        return partial.find(Decision.DATA).orElse(1)
                * partial.find(Decision.CONTEXT).orElse(1);
    }

    private static Figures least(double seconds, int devices, long memory) {
        return least(seconds, seconds, devices, memory);
    }

    private static Figures least(double seconds, double model, int devices, long memory) {
        return new Figures(
                Seconds.of(seconds),
                Seconds.of(model),
                Joules.ZERO,
                Dollars.ZERO,
                GramsOfCarbon.ZERO,
                devices,
                Bytes.of(memory));
    }

    /**
     * As {@link #evenWork}, by however many replicas find devices: the more there are, the fewer sequences each has, and the fewer
     * it has, the longer each takes, so as many as can be at the rate of as few as can be are faster than any number.
     */
    private double replicatedWork(Decisions partial) {
        int fewest = ExpertSharing.of(partial).ranks();
        int most = Math.clamp(job.cluster().devices() / devices(partial), fewest, Math.max(fewest, job.batch()));
        Even even = even(partial.with(Decision.DATA, fewest), job.largestShare(fewest));
        double work = even.seconds() * job.largestShare(most) / partial.get(Decision.PIPELINE);
        if (!job.cluster().mixed()) {
            return work;
        }
        double ranks =
                partial.get(Decision.TENSOR) * partial.find(Decision.CONTEXT).orElse(1);
        return Math.max(work, even.seconds() * job.batch() * ranks / even.pace().all(job.cluster()));
    }

    /**
     * All layers of all sequences, spread evenly over the stages, in micro-batches of any size: a kernel's time is its size times
     * a rate plus what does not grow, so a sequence never takes longer in a larger micro-batch.
     */
    private double evenWork(Decisions partial) {
        int share = job.largestShare(partial.get(Decision.DATA));
        if (!isOrdered(partial)) {
            return evenWork(partial, share, share);
        }
        double least = Double.POSITIVE_INFINITY;
        for (int smallest = 1, largest = 1; smallest <= share; smallest = largest + 1, largest *= ROUNDING) {
            least = Math.min(least, evenWork(partial, smallest, Math.min(share, largest)));
        }
        return least;
    }

    /** The same in micro-batches of one size. */
    private double evenWork(Decisions partial, int microbatch) {
        return evenWork(partial, microbatch, microbatch);
    }

    private double evenWork(Decisions partial, int smallest, int largest) {
        int share = job.largestShare(partial.get(Decision.DATA));
        Even even = even(partial, largest);
        double first = even.alone() / Math.ceilDiv(share, smallest);
        double atOnce = isOrdered(partial)
                ? together(even, partial, first)
                : even.pace()
                        .together(nodes(partial), partial.get(Decision.PIPELINE), ranksOfStage(partial), job.cluster());
        return even.seconds() * share / atOnce;
    }

    /** Whether it is known that stages wait for each other's first and last micro-batches as a whole. */
    private static boolean isOrdered(Decisions partial) {
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
    private static double slowest(double first, int stages) {
        return first / (1 - Math.pow(1 - first, stages));
    }

    /** The work that all stages do while the step lasts for one of the fastest nodes: less by what they wait for the first micro-batch. */
    private double together(Even even, Decisions partial, double first) {
        int stages = partial.get(Decision.PIPELINE);
        List<Integer> nodes = nodes(partial);
        double waiting = 1 / slowest(first, stages);
        return nodes.isEmpty()
                ? Math.min(waiting, even.pace().together(nodes, stages, ranksOfStage(partial), job.cluster()))
                : even.pace().waiting(nodes, first);
    }

    private static int ranksOfStage(Decisions partial) {
        return partial.get(Decision.TENSOR) * dataRanks(partial);
    }

    /**
     * A sequence's way through all layers.
     *
     * @param seconds at least, whatever the micro-batch is up to a size
     * @param pace of each kind of node
     * @param alone share of that in which later stages wait for a micro-batch: not while gradients of weights are made, which may
     *     come later, nor, where they may, while it comes back
     */
    private record Even(double seconds, double alone, Pace pace) {
        static Even of(LayerFigures[] figures, int[] totals, int sequences, boolean splitsBackward, Pace pace) {
            double sum = 0;
            double least = 1;
            for (int kind = 0; kind < figures.length; kind++) {
                double forward = figures[kind].forward().total();
                double work = forward + figures[kind].gradientPasses().total();
                sum += totals[kind] * work;
                least = splitsBackward && work > 0 ? Math.min(least, forward / work) : least;
            }
            return new Even(sum / sequences, least, pace);
        }
    }

    /** In micro-batches of {@code share} sequences at most. Sizes are rounded up, so that few layers are lowered for all of them. */
    private Even even(Decisions partial, int share) {
        int rounded = share;
        for (int size = 1; size < share && size <= job.batch(); size *= ROUNDING) {
            rounded = size * ROUNDING;
        }
        Decisions one = complete(partial.with(Decision.MICROBATCH, rounded));
        Setting setting = setting(one, clocks.getFirst())
                .alone()
                .with(rounded, modes(partial).getFirst());
        Even known = evens.get(setting);
        if (known == null) {
            known = even(setting, mesh(one), rounded);
            evens.put(setting, known);
        }
        return known;
    }

    private Even even(Setting setting, MeshShape mesh, int sequences) {
        LayerFigures[] fastest = layers.leastPasses(setting, mesh);
        boolean splits = setting.splitsBackward();
        if (!job.cluster().mixed()) {
            return Even.of(fastest, totals, sequences, splits, Pace.ALIKE);
        }
        List<LayerFigures[]> kinds = IntStream.rangeClosed(
                        1, job.cluster().groups().size())
                .mapToObj(kind -> layers.leastPasses(setting.on(kind), mesh))
                .toList();
        double alone = kinds.stream()
                .mapToDouble(here ->
                        Even.of(here, totals, sequences, splits, Pace.ALIKE).alone())
                .min()
                .orElseThrow();
        Pace pace = Pace.of(fastest, kinds);
        return new Even(Even.of(fastest, totals, sequences, splits, pace).seconds(), alone, pace);
    }

    /** Open decisions take the value that is fastest, whatever it costs in memory. */
    private static Decisions complete(Decisions partial) {
        Decisions full = partial;
        full = full.find(Decision.SHARD).isPresent() ? full : full.with(Decision.SHARD, Shard.NONE);
        full = full.find(Decision.INTERLEAVE).isPresent() ? full : full.with(Decision.INTERLEAVE, 1);
        return full.find(Decision.SCHEDULE).isPresent() ? full : full.with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B);
    }

    private List<Figures> overClocks(Decisions optimistic, Decisions partial, long memory, Predicate<Figures> out) {
        if (!focus.priced()) {
            return List.of(boundAt(optimistic, partial, clocks.getFirst(), clocks.getFirst(), memory, out));
        }
        var bands = new ArrayList<Figures>();
        band(optimistic, partial, memory, clocks, out, bands);
        return bands;
    }

    /**
     * No clock of a band is faster than its first or draws less than its last. A band worth a closer look is cut in two, so that
     * clocks are told apart only where it matters.
     */
    private void band(
            Decisions optimistic,
            Decisions partial,
            long memory,
            List<Integer> band,
            Predicate<Figures> out,
            List<Figures> bands) {
        Figures least = boundAt(optimistic, partial, band.getFirst(), band.getLast(), memory, out);
        if (out.test(least)) {
            return;
        }
        if (band.size() == 1) {
            bands.add(least);
            return;
        }
        int half = band.size() / 2;
        band(optimistic, partial, memory, band.subList(0, half), out, bands);
        band(optimistic, partial, memory, band.subList(half, band.size()), out, bands);
    }

    /** @param out where the bound that is quick to find says enough */
    private Figures boundAt(
            Decisions optimistic, Decisions partial, int clock, int drawing, long memory, Predicate<Figures> out) {
        MeshShape mesh = mesh(optimistic);
        Setting setting = setting(optimistic, clock);
        boolean decided = sharesAreDecided(partial);
        Function<Setting, LayerFigures[]> read =
                in -> decided ? layers.outlook(in, mesh) : layers.leastPasses(in, mesh);
        StepEnds ends = decided ? layers.leastEnds(setting, mesh, nodes(partial)) : StepEnds.NONE;
        if (!isSplit(partial)) {
            List<Recompute> fastest = modes(partial).subList(0, 1);
            AnySplit step =
                    inEndlessMemory(optimistic, partial, byStage(partial, setting, fastest, read), setting, ends);
            Figures keepingAll = figures(optimistic, busy(step), step.leastSeconds(sharing(mesh)), drawing, memory);
            if (out.test(keepingAll)) {
                return keepingAll;
            }
        }
        ByStage<List<LayerFigures[]>> figures = byStage(partial, setting, read);
        if (isSplit(partial)) {
            int shardWays = decided ? 1 : dataRanks(optimistic);
            Decisions settled = optimistic.find(Decision.RECOMPUTE).isPresent()
                    ? optimistic
                    : recomputing(optimistic, least(partial, setting, figures, shardWays));
            StepModel step = model(settled, figures, modes(partial), setting, ends);
            boolean complete = decided && partial.find(Decision.STAGES).isPresent();
            Figures quick = figures(optimistic, busy(step), step.leastSeconds(sharing(mesh)), drawing, memory);
            return complete && sharing(mesh).equals(StepModel.Sharing.NONE) && !out.test(quick)
                    ? figures(optimistic, busy(step), step.seconds(), drawing, memory)
                    : quick;
        }
        AnySplit step = anySplit(optimistic, partial, figures, setting, ends);
        double seconds = step.leastSeconds(sharing(mesh));
        Figures quick = lasting(seconds, optimistic, busy(step), drawing, memory);
        if (Double.isInfinite(seconds) || out.test(quick)) {
            return quick;
        }
        double inOrder = new SplitBounds(optimistic, partial, figures, setting, ends)
                .leastSeconds(seconds, s -> out.test(lasting(s, optimistic, busy(step), drawing, memory)));
        return lasting(inOrder, optimistic, busy(step), drawing, memory);
    }

    /** Of a plan that fits no device where {@code seconds} are infinite. */
    private Figures lasting(double seconds, Decisions decisions, List<Busy> step, int drawing, long memory) {
        return Double.isInfinite(seconds)
                ? least(0, devices(decisions), focus.capacity() + 1)
                : figures(decisions, step, seconds, drawing, memory);
    }

    /** Closer looks at splits, for plans that {@link AnySplit} does not rule out: layers stand in the order of the model. */
    private final class SplitBounds {
        private final Decisions optimistic;
        private final Decisions partial;
        private final ByStage<List<LayerFigures[]>> figures;
        private final Setting setting;
        private final StepEnds ends;
        private final ByStage<LeastRecomputation> least;
        private final boolean decided;

        SplitBounds(
                Decisions optimistic,
                Decisions partial,
                ByStage<List<LayerFigures[]>> figures,
                Setting setting,
                StepEnds ends) {
            this.optimistic = optimistic;
            this.partial = partial;
            this.figures = figures;
            this.setting = setting;
            this.ends = ends;
            this.decided = sharesAreDecided(partial);
            this.least = least(partial, setting, figures, decided ? 1 : dataRanks(optimistic));
        }

        /** @param out of seconds: whether a bound says enough */
        double leastSeconds(double from, DoublePredicate out) {
            return optimistic.get(Decision.INTERLEAVE) > 1 ? ofInterleaved(from) : ofChain(from, out);
        }

        private double ofChain(double from, DoublePredicate out) {
            var chain = new LayerChain(
                    layers.model().order(),
                    optimistic.get(Decision.SCHEDULE),
                    optimistic.get(Decision.PIPELINE),
                    LowerPlan.microbatches(job, optimistic),
                    least,
                    layers.messages(setting, mesh(optimistic), nodes(partial)).least(),
                    ends,
                    costs.engine().traffic(),
                    capacities(optimistic),
                    decided);
            double divisible = chain.leastSeconds(from, false, out);
            return !decided || Double.isInfinite(divisible) || out.test(divisible)
                    ? divisible
                    : chain.leastSeconds(divisible, true, out);
        }

        /** The splits that are tried are few and known. */
        private double ofInterleaved(double from) {
            if (!decided) {
                return from;
            }
            double shortest = Double.POSITIVE_INFINITY;
            for (List<Integer> split : splits(partial).list()) {
                Decisions placed = optimistic.with(Decision.STAGES, split);
                FittingRecomputation.Found found = fitting(placed, least).within(capacities(placed));
                if (found.fits()) {
                    Decisions settled = placed.with(Decision.RECOMPUTE, found.recompute());
                    double seconds = model(settled, figures, modes(partial), setting, ends)
                            .leastSeconds(sharing(mesh(optimistic)));
                    shortest = Math.min(shortest, seconds);
                }
            }
            return Math.max(from, shortest);
        }
    }

    /** By stage, its kind of node; empty where all are alike, or it is open. */
    private List<Integer> nodes(Decisions partial) {
        return job.cluster().mixed() ? partial.find(Decision.NODES).orElse(List.of()) : List.of();
    }

    private Lacking lacking(Decisions partial) {
        return new Lacking(nodes(partial), lacking);
    }

    /** What layers cost on each stage, by mode that is open and kind of layer. */
    private ByStage<List<LayerFigures[]>> byStage(
            Decisions partial, Setting setting, Function<Setting, LayerFigures[]> read) {
        return byStage(partial, setting, modes(partial), read);
    }

    private ByStage<List<LayerFigures[]>> byStage(
            Decisions partial, Setting setting, List<Recompute> modes, Function<Setting, LayerFigures[]> read) {
        return layers.byStage(
                nodes(partial),
                setting,
                on -> modes.stream().map(on::with).map(read).toList());
    }

    /** Whether it is known which ranks share what. */
    private static boolean sharesAreDecided(Decisions partial) {
        boolean nothing = partial.find(Decision.SHARD)
                .filter(shard -> shard == Shard.NONE)
                .isPresent();
        return nothing || partial.find(Decision.SHARD_GROUP).isPresent() || dataRanks(partial) == 1;
    }

    /** Whether it is known which layers each stage holds; on a single stage it always is. */
    private static boolean isSplit(Decisions partial) {
        return partial.find(Decision.STAGES).isPresent() || partial.get(Decision.PIPELINE) == 1;
    }

    private AnySplit inEndlessMemory(
            Decisions optimistic,
            Decisions partial,
            ByStage<List<LayerFigures[]>> figures,
            Setting setting,
            StepEnds ends) {
        double[] room = new double[optimistic.get(Decision.PIPELINE)];
        Arrays.fill(room, Double.POSITIVE_INFINITY);
        double[] bytes = new double[room.length];
        Arrays.fill(bytes, 1);
        return anySplit(optimistic, partial, figures, setting, ends, room, List.of(bytes));
    }

    private AnySplit anySplit(
            Decisions optimistic,
            Decisions partial,
            ByStage<List<LayerFigures[]>> figures,
            Setting setting,
            StepEnds ends) {
        List<AnySplitMemory> memories = modes(partial).stream()
                .map(mode -> anySplitMemory(optimistic, partial, mode))
                .toList();
        return anySplit(
                optimistic,
                partial,
                figures,
                setting,
                ends,
                memories.getLast().free(focus.capacity()),
                memories.stream().map(AnySplitMemory::perLayer).toList());
    }

    private AnySplit anySplit(
            Decisions optimistic,
            Decisions partial,
            ByStage<List<LayerFigures[]>> figures,
            Setting setting,
            StepEnds ends,
            double[] room,
            List<double[]> perLayer) {
        return AnySplit.of(
                optimistic.get(Decision.SCHEDULE),
                optimistic.get(Decision.PIPELINE),
                optimistic.get(Decision.INTERLEAVE),
                LowerPlan.microbatches(job, optimistic),
                totals,
                figures,
                layers.messages(setting, mesh(optimistic), nodes(partial)),
                ends,
                costs.engine().traffic(),
                room,
                perLayer);
    }

    private StepModel.Sharing sharing(MeshShape mesh) {
        return switch (costs.sharing(mesh)) {
            case DeviceSharing.OwnDevice own -> StepModel.Sharing.NONE;
            case DeviceSharing.SharedCores cores ->
                new StepModel.Sharing(
                        (double) cores.cores() / cores.threads(),
                        mesh.size(MeshShape.DATA) * mesh.size(MeshShape.TENSOR));
        };
    }

    /** Bytes on the fullest stage that the plan takes at least; exact but for padding where a stage has one chunk. */
    private long leastMemory(Decisions optimistic, Decisions partial) {
        if (!isSplit(partial)) {
            return leanestAnySplit(optimistic, partial).least(focus.capacity());
        }
        boolean shards = partial.find(Decision.SHARD).isPresent();
        boolean open = partial.find(Decision.RECOMPUTE).isEmpty();
        int microbatch = optimistic.get(Decision.MICROBATCH);
        MeshShape mesh = mesh(optimistic);
        Setting given = setting(optimistic, clocks.getFirst());
        // Saved activations grow with the micro-batch, so one sequence's tell those of many without lowering for them.
        Setting single = (shards ? given : given.alone()).with(1, given.recompute());
        List<Recompute> modes = modes(partial);
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

    /** What computes most again keeps least, unless gradients of weights wait for what it has computed. */
    private LayerFigures[] keepingLeast(List<Recompute> modes, Setting setting, MeshShape mesh) {
        List<Recompute> asked = setting.splitsBackward() ? modes : List.of(modes.getLast());
        return LayerFigures.keepingLeast(asked.stream()
                .map(setting::with)
                .map(in -> layers.outlook(in, mesh))
                .toList());
    }

    /** Parameters, gradients and optimizer state of the fullest stage, shared as far as data ranks could share them. */
    private long leastState(Decisions partial) {
        Decisions one = complete(partial.with(Decision.MICROBATCH, job.largestShare(partial.get(Decision.DATA))));
        Setting single = setting(one, clocks.getFirst()).alone().with(1, Recompute.FULL);
        return isSplit(partial)
                ? memory(one.with(Decision.RECOMPUTE, Recomputation.FULL), List.of(Recompute.FULL), single, mesh(one))
                        .leastState(dataRanks(one))
                : anySplitMemory(one, single, 1, dataRanks(one)).spread();
    }

    /** Open decisions leave as little to keep as they can. */
    private AnySplitMemory anySplitMemory(Decisions optimistic, Decisions partial, Recompute mode) {
        boolean shards = partial.find(Decision.SHARD).isPresent();
        Setting given = setting(optimistic, clocks.getFirst());
        Setting single = (shards ? given : given.alone()).with(1, mode);
        int sequences = optimistic.get(Decision.MICROBATCH);
        return anySplitMemory(optimistic, single, sequences, shards ? 1 : dataRanks(optimistic));
    }

    private AnySplitMemory leanestAnySplit(Decisions optimistic, Decisions partial) {
        boolean shards = partial.find(Decision.SHARD).isPresent();
        Setting given = setting(optimistic, clocks.getFirst());
        Setting single = (shards ? given : given.alone()).with(1, given.recompute());
        return anySplitMemory(
                optimistic,
                keepingLeast(modes(partial), single, mesh(optimistic)),
                optimistic.get(Decision.MICROBATCH),
                shards ? 1 : dataRanks(optimistic));
    }

    private AnySplitMemory anySplitMemory(Decisions optimistic, Setting setting, int sequences, int shardWays) {
        return anySplitMemory(optimistic, layers.outlook(setting, mesh(optimistic)), sequences, shardWays);
    }

    private AnySplitMemory anySplitMemory(Decisions optimistic, LayerFigures[] figures, int sequences, int shardWays) {
        return new AnySplitMemory(
                optimistic.get(Decision.SCHEDULE),
                optimistic.get(Decision.PIPELINE),
                optimistic.get(Decision.INTERLEAVE),
                LowerPlan.microbatches(job, optimistic),
                totals,
                figures,
                sequences,
                shardWays,
                lacking(optimistic));
    }

    private StageMemory memory(Decisions optimistic, List<Recompute> modes, Setting setting, MeshShape mesh) {
        List<LayerFigures[]> figures = modes.stream()
                .map(setting::with)
                .map(in -> layers.outlook(in, mesh))
                .toList();
        return memory(optimistic, modes, figures, setting);
    }

    /** @param figures by mode and kind */
    private StageMemory memory(
            Decisions optimistic, List<Recompute> modes, List<LayerFigures[]> figures, Setting setting) {
        return new StageMemory(
                shares(optimistic, modes),
                StageShares.arranged(figures),
                layers.streamBytes(setting),
                optimistic.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, optimistic),
                lacking(optimistic));
    }

    // --- what is computed again
    // --------------------------------------------------------------------------------------------

    /** Every way to recompute that layers may yet take, the least work first. */
    private List<Recompute> modes(Decisions partial) {
        return partial.find(Decision.RECOMPUTE)
                .or(this::fixedRecomputation)
                .map(Recomputation::layers)
                .map(layers -> layers.stream().distinct().sorted().toList())
                .orElse(Recompute.SOLVED);
    }

    private Optional<Recomputation> fixedRecomputation() {
        Decision<Recomputation> decision = Decision.RECOMPUTE;
        return Optional.ofNullable(job.fixed().get(decision.name()))
                .map(fixed -> decision.parse().apply(fixed.value()))
                .or(() ->
                        job.forbidden().contains(decision.name()) ? Optional.of(Recomputation.NONE) : Optional.empty());
    }

    /** @param figures on each stage, by mode and kind */
    private ByStage<LeastRecomputation> least(
            Decisions partial, Setting setting, ByStage<List<LayerFigures[]>> figures, int shardWays) {
        boolean decided = sharesAreDecided(partial);
        return knapsacks.computeIfAbsent(
                new Knapsack(setting, nodes(partial), modes(partial), shardWays, decided),
                key -> figures.map(byMode ->
                        new LeastRecomputation(key.modes(), byMode, layers.streamBytes(setting), 1, shardWays)));
    }

    private Decisions recomputing(Decisions plan, ByStage<LeastRecomputation> least) {
        return plan.with(
                Decision.RECOMPUTE,
                fitting(plan, least).within(capacities(plan)).recompute());
    }

    private FittingRecomputation fitting(Decisions plan, ByStage<LeastRecomputation> least) {
        return new FittingRecomputation(
                layers.model(),
                StageSplit.of(layers.model().blocks(), plan),
                plan.get(Decision.PIPELINE),
                plan.get(Decision.INTERLEAVE),
                plan.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, plan),
                least);
    }

    private long[] capacities(Decisions plan) {
        return lacking(plan).capacities(plan.get(Decision.PIPELINE), focus.capacity());
    }

    @Override
    public Values<Recomputation> recomputations(Decisions before) {
        return recomputations.computeIfAbsent(before, this::findRecomputations);
    }

    /** Nothing is computed again where all fits, or else as little on each stage as lets it fit. */
    private Values<Recomputation> findRecomputations(Decisions before) {
        Decisions keeping = before.with(Decision.RECOMPUTE, Recomputation.NONE);
        if (focus.capacity() < Long.MAX_VALUE && memoryUpTo(focus.capacity(), keeping) <= focus.capacity()) {
            return new Values<>(List.of(Recomputation.NONE), true);
        }
        Setting setting = setting(before, before.find(Decision.FREQUENCY).orElse(clocks.getFirst()));
        List<Recompute> modes = Recompute.SOLVED;
        var least = byStage(before, setting, modes, in -> layers.exact(in, mesh(before)))
                .map(byMode -> new LeastRecomputation(modes, byMode, layers.streamBytes(setting), 1, 1));
        return new RecomputationFinder(
                        fitting(before, least),
                        focus,
                        capacities(before),
                        again -> layoutMemory(before.with(Decision.RECOMPUTE, again)))
                .values();
    }

    // --- which layers stand where
    // ------------------------------------------------------------------------------------------

    @Override
    public void searching(double seconds) {
        toBeat = seconds;
        if (Double.isInfinite(seconds)) {
            splits.clear();
        }
    }

    @Override
    public Values<List<Integer>> splits(Decisions before) {
        return splits.computeIfAbsent(before, this::findSplits);
    }

    private Values<List<Integer>> findSplits(Decisions before) {
        Decisions at = before.find(Decision.FREQUENCY).isPresent()
                ? before
                : before.with(Decision.FREQUENCY, clocks.getFirst());
        return new SplitFinder(layers.model(), at, LowerPlan.microbatches(job, at), () -> stages(at)).values();
    }

    /** Complete but for the split, at its clock. */
    private SplitFinder.Stages stages(Decisions before) {
        Setting setting = setting(before, before.get(Decision.FREQUENCY));
        MeshShape mesh = mesh(before);
        ByStage<List<LayerFigures[]>> figures = byStage(before, setting, in -> layers.outlook(in, mesh));
        return new SplitFinder.Stages(
                least(before, setting, figures, 1),
                fixedRecomputation().flatMap(Recomputation::everywhere).isPresent()
                        || fixedRecomputation().isEmpty(),
                layers.messages(setting, mesh, nodes(before)),
                layers.leastEnds(setting, mesh, nodes(before)),
                costs.engine().traffic(),
                capacities(before),
                focus.timed() ? toBeat : 0);
    }

    // --- complete plans
    // ---------------------------------------------------------------------------------------------------

    @Override
    public Figures appraise(Decisions complete) {
        if (!focus.timed()) {
            return least(0, devices(complete), memory(complete));
        }
        StepModel step = step(complete);
        double seconds = sharing(mesh(complete)).equals(StepModel.Sharing.NONE)
                ? step.seconds()
                : sharedTime.step(complete, layers.layers()).value();
        return figures(complete, busy(step), seconds, complete.get(Decision.FREQUENCY), memory(complete));
    }

    /** The numbers behind a complete plan. */
    public StepModel step(Decisions complete) {
        Setting setting = setting(complete, complete.get(Decision.FREQUENCY));
        MeshShape mesh = mesh(complete);
        List<Recompute> modes = modes(complete);
        ByStage<List<LayerFigures[]>> figures = byStage(complete, setting, modes, in -> layers.exact(in, mesh));
        return model(complete, figures, modes, setting, layers.exactEnds(setting, mesh, nodes(complete)));
    }

    public LowerPlan.LayerSource layerSource() {
        return layers.layers();
    }

    private long memory(Decisions complete) {
        return memoryUpTo(Long.MAX_VALUE, complete);
    }

    /** Bytes of the fullest stage; of the first that takes more than {@code limit}, where one does. */
    private long memoryUpTo(long limit, Decisions complete) {
        Decisions atAnyClock = InputPace.without(complete.with(Decision.FREQUENCY, 0));
        Long known = memories.get(atAnyClock);
        if (known != null) {
            return known;
        }
        IntToLongFunction bytes = stageMemory(complete);
        long fullest = 0;
        for (int stage = 0; stage < complete.get(Decision.PIPELINE); stage++) {
            fullest = Math.max(fullest, bytes.applyAsLong(stage));
            if (fullest > limit) {
                return fullest;
            }
        }
        memories.put(atAnyClock, fullest);
        return fullest;
    }

    /** By stage, as if all devices were the roomiest. */
    private IntToLongFunction stageMemory(Decisions complete) {
        IntToLongFunction bytes = layoutMemory(complete);
        Lacking less = lacking(complete);
        return stage -> {
            long own = bytes.applyAsLong(stage);
            return own == Long.MAX_VALUE ? own : own + less.on(stage);
        };
    }

    /** By stage: more than any device has where slower memory has no room for what should lie there. */
    private IntToLongFunction layoutMemory(Decisions complete) {
        IntFunction<StageLayout> layouts = LowerPlan.layouts(job, complete, layers.layers());
        long room = Offloading.room(job.cluster().node(), Beside.of(complete).tier())
                .count();
        return stage -> {
            StageLayout layout = layouts.apply(stage);
            return layout.besideBytes() <= room ? layout.arenaBytes() : Long.MAX_VALUE;
        };
    }

    /** Seconds that all stages on one kind of node together compute and exchange tensors. */
    private record Busy(double computing, double communicating) {}

    private static List<Busy> busy(StepModel step) {
        return IntStream.range(0, step.work().size())
                .mapToObj(kind -> new Busy(step.computing(kind), step.communicating(kind)))
                .toList();
    }

    /** Which kind of node is how busy depends on the split. */
    private static List<Busy> busy(AnySplit step) {
        return step.figures().nodes().isEmpty()
                ? List.of(new Busy(step.computing(), step.communicating()))
                : Collections.nCopies(step.figures().kinds().size(), new Busy(0, 0));
    }

    /** @param step by kind of node, or of all where they are alike */
    private Figures figures(Decisions decisions, List<Busy> step, double model, int clock, long memory) {
        int devices = devices(decisions);
        double seconds = input.map(pace -> pace.step(model, decisions)).orElse(model);
        List<Integer> nodes = nodes(decisions);
        boolean open = job.cluster().mixed() && nodes.isEmpty();
        if (open || !focus.priced() && decisions.find(Decision.FREQUENCY).isEmpty()) {
            return least(seconds, model, devices, memory);
        }
        Seconds time = Seconds.of(seconds);
        int replicas = devices / decisions.get(Decision.PIPELINE);
        Joules joules = Joules.ZERO;
        Dollars money = Dollars.ZERO;
        for (int kind = 0; kind < step.size(); kind++) {
            var energy = new EnergyCost(
                    nodes.isEmpty() ? job.cluster() : job.cluster().only(kind), constants, clock);
            int used = nodes.isEmpty() ? devices : replicas * Collections.frequency(nodes, kind + 1);
            Busy busy = step.get(kind);
            Joules here = energy.of(
                    used, time, Seconds.of(busy.computing() * replicas), Seconds.of(busy.communicating() * replicas));
            joules = joules.plus(here);
            money = money.plus(energy.money(used, time, here));
        }
        var energy = new EnergyCost(job.cluster(), constants, clock);
        money = money.plus(input.map(pace -> pace.rent(decisions, time)).orElse(Dollars.ZERO));
        return new Figures(time, Seconds.of(model), joules, money, energy.carbon(joules), devices, Bytes.of(memory));
    }

    // --- the numbers of a step
    // --------------------------------------------------------------------------------------------

    /** Of layers that keep all their activations, as embedding and head do. */
    private Setting setting(Decisions decisions, int clock) {
        return new Setting(
                decisions.get(Decision.TENSOR),
                decisions.get(Decision.SEQUENCE),
                decisions.get(Decision.DATA),
                decisions.find(Decision.CONTEXT).orElse(1),
                decisions.find(Decision.CONTEXT_EXCHANGE).orElse(ContextExchange.GATHER),
                ExpertSharing.of(decisions),
                decisions.find(Decision.SHARD_GROUP).orElse(dataRanks(decisions)),
                decisions.get(Decision.SHARD),
                decisions.get(Decision.MICROBATCH),
                Recompute.NONE,
                decisions.get(Decision.SCHEDULE).splitsBackward(),
                Beside.of(decisions),
                clock,
                costs.loadClass(devices(decisions)),
                Setting.ANY,
                decisions.find(Decision.MATMUL));
    }

    private MeshShape mesh(Decisions decisions) {
        var key = new MeshKey(
                decisions.get(Decision.PIPELINE),
                decisions.get(Decision.DATA),
                decisions.find(Decision.CONTEXT).orElse(1),
                decisions.get(Decision.TENSOR),
                ExpertSharing.of(decisions),
                decisions.find(Decision.SHARD_GROUP).orElse(dataRanks(decisions)));
        return meshes.computeIfAbsent(key, k -> LowerPlan.mesh(decisions));
    }

    /** @param modes every one that the plan uses */
    private StageShares shares(Decisions decisions, List<Recompute> modes) {
        int stages = decisions.get(Decision.PIPELINE);
        int chunks = decisions.get(Decision.INTERLEAVE);
        StageSplit split = StageSplit.of(layers.model().blocks(), decisions);
        Recomputation recompute = decisions.get(Decision.RECOMPUTE);
        return shares.computeIfAbsent(
                new SplitKey(stages, chunks, split.blocks(), recompute, modes),
                key -> StageShares.of(layers.model(), stages, chunks, split, recompute, modes));
    }

    /** @param figures by mode and kind */
    private StepModel model(
            Decisions decisions,
            ByStage<List<LayerFigures[]>> figures,
            List<Recompute> modes,
            Setting setting,
            StepEnds ends) {
        StageShares share = shares(decisions, modes);
        Messages messages =
                share.stages() == 1 ? Messages.NONE : layers.messages(setting, mesh(decisions), nodes(decisions));
        return StepModel.of(
                decisions.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, decisions),
                share,
                figures.map(StageShares::arranged),
                messages,
                ends,
                costs.engine().traffic());
    }
}
