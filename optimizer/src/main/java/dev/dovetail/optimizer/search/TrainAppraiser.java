package dev.dovetail.optimizer.search;

import static dev.dovetail.optimizer.search.PlanReading.complete;
import static dev.dovetail.optimizer.search.PlanReading.dataRanks;
import static dev.dovetail.optimizer.search.PlanReading.devices;
import static dev.dovetail.optimizer.search.PlanReading.endsApart;
import static dev.dovetail.optimizer.search.PlanReading.isSplit;
import static dev.dovetail.optimizer.search.PlanReading.sharesAreDecided;
import static dev.dovetail.optimizer.search.StepFigures.atLeast;
import static dev.dovetail.optimizer.search.StepFigures.busy;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.timing.DeviceSharing;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.lower.Beside;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.search.StepFigures.Load;
import dev.dovetail.optimizer.technique.Choice.Values;
import dev.dovetail.optimizer.technique.Outlook;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.DoublePredicate;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;

/**
 * Figures of training plans. A complete plan costs what its program's schedule takes; unfinished decisions are bounded by the
 * least that any way to finish them takes: open decisions take the value that helps most, each figure on its own.
 *
 * <p>Bounds and figures are one class because a bound is a figure with some decisions left open: both read the same layer
 * figures and splits, and a change to one that misses the other would rule out the best plan in silence. What each is made of stands
 * apart: work before it is split ({@link EvenWork}), bytes ({@link LeastMemory}, {@link PlanMemory}), money ({@link StepFigures}).
 */
public final class TrainAppraiser implements Appraiser, Outlook {
    /** Beyond so many passes a plan is timed when it is complete, not to bound it before. */
    private static final long MOST_TIMED = 500_000;

    private final TrainJob job;
    private final CostModel costs;
    private final LayerFigureCache layers;
    private final List<Integer> clocks;
    private final Focus focus;
    private final SharedTime sharedTime;
    private final PlanReading reading;
    private final EvenWork spread;
    private final LeastMemory leastMemory;
    private final PlanMemory memory;
    private final StepFigures priced;
    private final LayerCounts counts;
    private final Map<Decisions, Values<List<Integer>>> splits = new HashMap<>();

    private double toBeat = Double.POSITIVE_INFINITY;
    private final Map<Knapsack, ByStage<LeastRecomputation>> knapsacks = new HashMap<>();
    private final Map<Decisions, Values<Recomputation>> recomputations = new HashMap<>();

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
        this.layers = layers;
        this.clocks = List.copyOf(clocks);
        this.focus = focus;
        this.sharedTime = sharedTime;
        this.reading = new PlanReading(job, costs, layers, clocks);
        this.counts = LayerCounts.of(layers.model().order());
        this.spread = new EvenWork(job, layers, reading);
        this.leastMemory = new LeastMemory(job, layers, focus, reading);
        this.memory = new PlanMemory(job, layers, reading);
        this.priced = new StepFigures(job, constants, focus, reading);
    }

    // --- bounds
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public List<Integer> clocks() {
        return clocks;
    }

    @Override
    public List<Bound> bounds(Decisions undecided, List<Integer> open, Bound.Asked asked) {
        Decisions partial = withFixedSplit(undecided);
        Optional<Integer> clock = partial.find(Decision.FREQUENCY);
        if (clock.isPresent() || !focus.priced()) {
            int set = clock.orElse(clocks.getFirst());
            Figures least = new Bounding(partial, asked.out()).sharp(set);
            return asked.out().test(least) ? List.of() : List.of(new Bound(least, open));
        }
        return new OverClocks(new Bounding(partial, asked.out()), open, asked).bounds();
    }

    @Override
    public boolean tells(Decisions partial) {
        boolean shares = partial.find(Decision.SHARD).isPresent();
        return expertsAreDecided(partial) && (!shares || sharesAreDecided(partial));
    }

    private static boolean expertsAreDecided(Decisions partial) {
        return partial.find(Decision.EXPERT_SEND).isPresent();
    }

    /** Bounds on one unfinished plan, at any clock. */
    private final class Bounding implements OverClocks.Source {
        private final Decisions partial;
        private final Predicate<Figures> out;
        private final boolean replicated;
        private final boolean cut;
        private final Decisions optimistic;
        private OptionalLong memory = OptionalLong.empty();

        Bounding(Decisions partial, Predicate<Figures> out) {
            this.partial = partial;
            this.out = out;
            this.replicated = partial.find(Decision.DATA).isPresent();
            this.cut = replicated && partial.find(Decision.MICROBATCH).isPresent();
            this.optimistic = complete(partial);
        }

        @Override
        public IntFunction<Figures> floor(int clock) {
            // What a cut plan keeps takes longer to find than this.
            long bytes = cut ? 0 : memory();
            boolean known = replicated || expertsAreDecided(partial);
            if (!known || !focus.timed()) {
                return other -> atLeast(0, devices(partial), bytes);
            }
            Load load = replicated ? spread.evenWork(partial, clock) : spread.replicatedWork(partial, clock);
            return other -> priced.floor(partial, load.elsewhere(clock, other), other, bytes);
        }

        @Override
        public IntFunction<Figures> at(int clock) {
            if (!cut) {
                // Nothing is sharper yet, and of how many devices is open.
                return floor(clock);
            }
            Figures here = sharp(clock);
            return other -> other == clock ? here : priced.elsewhere(here, clock, other);
        }

        private long memory() {
            if (memory.isEmpty()) {
                long ofState = replicated && !cut ? leastMemory.ofState(partial) : 0;
                memory = OptionalLong.of(cut ? leastMemory.of(optimistic, partial) : ofState);
            }
            return memory.getAsLong();
        }

        Figures sharp(int clock) {
            boolean early = partial.find(Decision.SHARD).isEmpty();
            if (!cut) {
                return floor(clock).apply(clock);
            }
            if (early) {
                Figures floor = floor(clock).apply(clock);
                if (out.test(floor)) {
                    return floor;
                }
            }
            long bytes = memory();
            return bytes > focus.capacity() || !focus.timed()
                    ? atLeast(0, devices(partial), bytes)
                    : boundAt(optimistic, partial, clock, bytes, out);
        }
    }

    /** What a spec says about the split counts from the moment that it is known which rank runs which stages. */
    private Decisions withFixedSplit(Decisions partial) {
        Fixed fixed = job.fixed().get(Decision.STAGES.name());
        if (fixed == null || partial.find(Decision.SCHEDULE).isEmpty()) {
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

    /** @param out where the bound that is quick to find says enough */
    private Figures boundAt(Decisions optimistic, Decisions partial, int clock, long memory, Predicate<Figures> out) {
        MeshShape mesh = reading.mesh(optimistic);
        Setting setting = reading.setting(optimistic, clock);
        boolean decided = sharesAreDecided(partial);
        Function<Setting, LayerFigures[]> read =
                in -> decided ? layers.outlook(in, mesh) : layers.leastPasses(in, mesh);
        StepEnds ends =
                decided ? layers.leastEnds(setting, mesh, reading.nodes(partial), endsApart(partial)) : StepEnds.NONE;
        if (!isSplit(partial)) {
            List<Recompute> fastest = reading.modes(partial).subList(0, 1);
            AnySplit step = inEndlessMemory(
                    optimistic, partial, reading.byStage(partial, setting, fastest, read), setting, ends);
            double fastestSeconds = step.leastSeconds(
                    sharing(mesh), s -> out.test(priced.lasting(s, optimistic, () -> busy(step), clock, memory)));
            Figures keepingAll = priced.figures(optimistic, () -> busy(step), fastestSeconds, clock, memory);
            if (out.test(keepingAll)) {
                return keepingAll;
            }
        }
        ByStage<List<LayerFigures[]>> figures = reading.byStage(partial, setting, read);
        if (isSplit(partial)) {
            int shardWays = decided ? 1 : dataRanks(optimistic);
            Decisions settled = optimistic.find(Decision.RECOMPUTE).isPresent()
                    ? optimistic
                    : recomputing(optimistic, least(partial, setting, figures, shardWays));
            StepModel step = model(settled, figures, reading.modes(partial), setting, ends);
            boolean complete = decided && partial.find(Decision.STAGES).isPresent();
            Figures quick =
                    priced.figures(optimistic, () -> busy(step), step.leastSeconds(sharing(mesh)), clock, memory);
            boolean timed = complete && passes(settled) <= MOST_TIMED;
            return timed && sharing(mesh).equals(StepModel.Sharing.NONE) && !out.test(quick)
                    ? priced.figures(optimistic, () -> busy(step), step.seconds(), clock, memory)
                    : quick;
        }
        AnySplit step = anySplit(optimistic, partial, figures, setting, ends);
        DoublePredicate enough = s -> out.test(priced.lasting(s, optimistic, () -> busy(step), clock, memory));
        double seconds = step.leastSeconds(sharing(mesh), enough);
        Figures quick = priced.lasting(seconds, optimistic, () -> busy(step), clock, memory);
        if (Double.isInfinite(seconds) || out.test(quick)) {
            return quick;
        }
        double inOrder = new SplitBounds(optimistic, partial, figures, setting, ends).leastSeconds(seconds, enough);
        return priced.lasting(inOrder, optimistic, () -> busy(step), clock, memory);
    }

    /** Of all stages in a step. */
    private long passes(Decisions plan) {
        return (long) plan.get(Decision.PIPELINE) * plan.get(Decision.INTERLEAVE) * LowerPlan.microbatches(job, plan);
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
                    counts,
                    optimistic.get(Decision.SCHEDULE),
                    optimistic.get(Decision.PIPELINE),
                    LowerPlan.microbatches(job, optimistic),
                    least,
                    layers.messages(setting, reading.mesh(optimistic), reading.nodes(partial))
                            .least(),
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
                    double seconds = model(settled, figures, reading.modes(partial), setting, ends)
                            .leastSeconds(sharing(reading.mesh(optimistic)));
                    shortest = Math.min(shortest, seconds);
                }
            }
            return Math.max(from, shortest);
        }
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
        List<AnySplitMemory> memories = reading.modes(partial).stream()
                .map(mode -> leastMemory.anySplit(optimistic, partial, mode))
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
                reading.totals(),
                figures,
                layers.messages(setting, reading.mesh(optimistic), reading.nodes(partial)),
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

    // --- what is computed again
    // --------------------------------------------------------------------------------------------

    /** @param figures on each stage, by mode and kind */
    private ByStage<LeastRecomputation> least(
            Decisions partial, Setting setting, ByStage<List<LayerFigures[]>> figures, int shardWays) {
        boolean decided = sharesAreDecided(partial);
        return knapsacks.computeIfAbsent(
                new Knapsack(setting, reading.nodes(partial), reading.modes(partial), shardWays, decided),
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
        return reading.lacking(plan).capacities(plan.get(Decision.PIPELINE), focus.capacity());
    }

    @Override
    public Values<Recomputation> recomputations(Decisions before) {
        return recomputations.computeIfAbsent(before, this::findRecomputations);
    }

    /** Nothing is computed again where all fits, or else as little on each stage as lets it fit. */
    private Values<Recomputation> findRecomputations(Decisions before) {
        Decisions keeping = before.with(Decision.RECOMPUTE, Recomputation.NONE);
        if (focus.capacity() < Long.MAX_VALUE && memory.upTo(focus.capacity(), keeping) <= focus.capacity()) {
            return new Values<>(List.of(Recomputation.NONE), true);
        }
        Setting setting =
                reading.setting(before, before.find(Decision.FREQUENCY).orElse(clocks.getFirst()));
        List<Recompute> modes = Recompute.SOLVED;
        var least = reading.byStage(before, setting, modes, in -> layers.exact(in, reading.mesh(before)))
                .map(byMode -> new LeastRecomputation(modes, byMode, layers.streamBytes(setting), 1, 1));
        return new RecomputationFinder(
                        fitting(before, least),
                        focus,
                        capacities(before),
                        !Beside.of(before).what().activations(),
                        again -> memory.ofLayouts(before.with(Decision.RECOMPUTE, again)))
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
        Setting setting = reading.setting(before, before.get(Decision.FREQUENCY));
        MeshShape mesh = reading.mesh(before);
        ByStage<List<LayerFigures[]>> figures = reading.byStage(before, setting, in -> layers.outlook(in, mesh));
        return new SplitFinder.Stages(
                least(before, setting, figures, 1),
                reading.fixedRecomputation().flatMap(Recomputation::everywhere).isPresent()
                        || reading.fixedRecomputation().isEmpty(),
                layers.messages(setting, mesh, reading.nodes(before)),
                layers.leastEnds(setting, mesh, reading.nodes(before), endsApart(before)),
                costs.engine().traffic(),
                capacities(before),
                focus.timed() ? toBeat : 0,
                focus.capacity() == Long.MAX_VALUE
                        ? Optional.empty()
                        : reading.fixedRecomputation()
                                .map(again -> split -> memory.ofLayouts(
                                        before.with(Decision.STAGES, split).with(Decision.RECOMPUTE, again))));
    }

    // --- complete plans
    // ---------------------------------------------------------------------------------------------------

    @Override
    public Figures appraise(Decisions complete) {
        if (!focus.timed()) {
            return atLeast(0, devices(complete), memory.of(complete));
        }
        StepModel step = step(complete);
        double seconds = sharing(reading.mesh(complete)).equals(StepModel.Sharing.NONE)
                ? step.seconds()
                : sharedTime.step(complete, layers.layers()).value();
        return priced.figures(
                complete, () -> busy(step), seconds, complete.get(Decision.FREQUENCY), memory.of(complete));
    }

    /** The numbers behind a complete plan. */
    public StepModel step(Decisions complete) {
        Setting setting = reading.setting(complete, complete.get(Decision.FREQUENCY));
        MeshShape mesh = reading.mesh(complete);
        List<Recompute> modes = reading.modes(complete);
        ByStage<List<LayerFigures[]>> figures = reading.byStage(complete, setting, modes, in -> layers.exact(in, mesh));
        return model(
                complete,
                figures,
                modes,
                setting,
                layers.exactEnds(setting, mesh, reading.nodes(complete), endsApart(complete)));
    }

    public LowerPlan.LayerSource layerSource() {
        return layers.layers();
    }

    // --- the numbers of a step
    // --------------------------------------------------------------------------------------------

    /** @param figures by mode and kind */
    private StepModel model(
            Decisions decisions,
            ByStage<List<LayerFigures[]>> figures,
            List<Recompute> modes,
            Setting setting,
            StepEnds ends) {
        StageShares share = reading.shares(decisions, modes);
        Messages messages = share.stages() == 1
                ? Messages.NONE
                : layers.messages(setting, reading.mesh(decisions), reading.nodes(decisions));
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
