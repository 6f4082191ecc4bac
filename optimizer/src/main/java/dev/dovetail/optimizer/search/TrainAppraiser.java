package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
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
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.OffsetPacker;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Figures of training plans. A complete plan costs what its program's schedule takes; unfinished decisions are bounded by the
 * least that any way to finish them takes: open decisions take the value that helps most, each figure on its own.
 */
public final class TrainAppraiser implements Appraiser {
    private final TrainJob job;
    private final CostModel costs;
    private final DeviceConstants constants;
    private final LayerFigureCache layers;
    private final List<Integer> clocks;
    private final boolean priced;
    private final long capacity;
    private final SharedTime sharedTime;
    private final Map<Long, StageShares> shares = new HashMap<>();
    private final Map<Setting, Double> evens = new HashMap<>();
    private final Map<Decisions, Long> memories = new HashMap<>();

    /** The step time of plans whose ranks share a machine; asked for complete plans alone. */
    @FunctionalInterface
    public interface SharedTime {
        Seconds step(Decisions complete, LowerPlan.LayerSource layers);
    }

    /**
     * @param clocks every clock a plan may set, fastest first
     * @param capacity more bytes than this fit on no device: plans that need more are not looked at closely
     * @param priced whether energy, money or carbon matter to the goal; bounding them costs a pass over all clocks
     */
    public TrainAppraiser(
            TrainJob job,
            CostModel costs,
            DeviceConstants constants,
            OffsetPacker packer,
            List<Integer> clocks,
            boolean priced,
            Bytes capacity,
            SharedTime sharedTime) {
        this.job = job;
        this.costs = costs;
        this.constants = constants;
        this.layers = new LayerFigureCache(job, costs, packer);
        this.clocks = List.copyOf(clocks);
        this.priced = priced;
        this.capacity = capacity.count();
        this.sharedTime = sharedTime;
    }

    // --- bounds
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public Figures bound(Decisions partial) {
        int devices = devices(partial);
        if (partial.find(Decision.DATA).isEmpty()) {
            return least(0, devices, 0);
        }
        double even = evenWork(partial);
        if (partial.find(Decision.MICROBATCH).isEmpty()) {
            return least(even, devices, 0);
        }
        Decisions optimistic = complete(partial);
        long memory = leastMemory(optimistic, partial);
        if (memory > capacity) {
            return least(even, devices, memory);
        }
        return partial.find(Decision.FREQUENCY).isPresent()
                ? boundAt(optimistic, partial, partial.get(Decision.FREQUENCY), memory)
                : overClocks(optimistic, partial, memory);
    }

    private static int devices(Decisions partial) {
        return partial.find(Decision.TENSOR).orElse(1)
                * partial.find(Decision.PIPELINE).orElse(1)
                * partial.find(Decision.DATA).orElse(1);
    }

    private static Figures least(double seconds, int devices, long memory) {
        return new Figures(
                Seconds.of(seconds), Joules.ZERO, Dollars.ZERO, GramsOfCarbon.ZERO, devices, Bytes.of(memory));
    }

    /**
     * All layers of all sequences, spread evenly over the stages, in one micro-batch of the largest size: a kernel's time is
     * its size times a rate plus what does not grow, so a sequence never takes longer in a larger micro-batch.
     */
    private double evenWork(Decisions partial) {
        int share = job.batch() / partial.get(Decision.DATA);
        Decisions one = complete(partial.with(Decision.MICROBATCH, share));
        Setting setting = setting(one, clocks.getFirst()).alone().with(share, Recompute.NONE);
        Double known = evens.get(setting);
        if (known == null) {
            known = modelSeconds(layers.exact(setting, mesh(one)));
            evens.put(setting, known);
        }
        return known / partial.get(Decision.PIPELINE);
    }

    /** Forward and backward through every layer once. */
    private double modelSeconds(LayerFigures[] figures) {
        int[] counts = shares(1, 1).totals();
        double sum = 0;
        for (int kind = 0; kind < figures.length; kind++) {
            sum += counts[kind]
                    * (figures[kind].forward().total()
                            + figures[kind].backward().total());
        }
        return sum;
    }

    /** Open decisions take the value that is fastest, whatever it costs in memory. */
    private static Decisions complete(Decisions partial) {
        Decisions full = partial;
        full = full.find(Decision.RECOMPUTE).isPresent() ? full : full.with(Decision.RECOMPUTE, Recompute.NONE);
        full = full.find(Decision.SHARD).isPresent() ? full : full.with(Decision.SHARD, Shard.NONE);
        full = full.find(Decision.INTERLEAVE).isPresent() ? full : full.with(Decision.INTERLEAVE, 1);
        return full.find(Decision.SCHEDULE).isPresent() ? full : full.with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B);
    }

    private Figures overClocks(Decisions optimistic, Decisions partial, long memory) {
        Figures best = boundAt(optimistic, partial, clocks.getFirst(), memory);
        if (!priced) {
            return best;
        }
        for (int clock : clocks.subList(1, clocks.size())) {
            best = lowest(best, boundAt(optimistic, partial, clock, memory));
        }
        return best;
    }

    private static Figures lowest(Figures a, Figures b) {
        return new Figures(
                a.time().min(b.time()),
                a.energy().min(b.energy()),
                a.money().min(b.money()),
                a.carbon().min(b.carbon()),
                a.devices(),
                a.memory());
    }

    private Figures boundAt(Decisions optimistic, Decisions partial, int clock, long memory) {
        MeshShape mesh = mesh(optimistic);
        Setting setting = setting(optimistic, clock);
        boolean decided = partial.find(Decision.SHARD).isPresent();
        Setting shown = decided ? setting : setting.alone();
        StepModel step = model(
                optimistic, layers.outlook(shown, mesh), setting, decided ? layers.ends(setting, mesh) : StepEnds.NONE);
        return figures(optimistic, step.work(), step.leastSeconds(sharing(mesh)), clock, memory);
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
        boolean recomputes = partial.find(Decision.RECOMPUTE).isPresent();
        boolean shards = partial.find(Decision.SHARD).isPresent();
        int microbatch = optimistic.get(Decision.MICROBATCH);
        int data = optimistic.get(Decision.DATA);
        MeshShape mesh = mesh(optimistic);
        Setting given = setting(optimistic, clocks.getFirst());
        Recompute leanest = recomputes ? given.recompute() : Recompute.FULL;
        // Saved activations grow with the micro-batch, so one sequence's tell those of many without lowering for them.
        Setting single = (shards ? given : given.alone()).with(1, leanest);
        long least = memory(optimistic, single, mesh).least(microbatch, shards ? 1 : data, false);
        if (least > capacity || !shards) {
            return least;
        }
        return memory(optimistic, given, mesh).least(1, 1, true);
    }

    private StageMemory memory(Decisions optimistic, Setting setting, MeshShape mesh) {
        StageShares share = shares(optimistic.get(Decision.PIPELINE), optimistic.get(Decision.INTERLEAVE));
        return new StageMemory(
                share,
                layers.outlook(setting, mesh),
                layers.streamBytes(setting),
                optimistic.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, optimistic));
    }

    // --- complete plans
    // ---------------------------------------------------------------------------------------------------

    @Override
    public Figures appraise(Decisions complete) {
        StepModel step = step(complete);
        double seconds = sharing(mesh(complete)).equals(StepModel.Sharing.NONE)
                ? step.seconds()
                : sharedTime.step(complete, layers.layers()).value();
        return figures(complete, step.work(), seconds, complete.get(Decision.FREQUENCY), memory(complete));
    }

    /** The numbers behind a complete plan. */
    public StepModel step(Decisions complete) {
        Setting setting = setting(complete, complete.get(Decision.FREQUENCY));
        MeshShape mesh = mesh(complete);
        return model(complete, layers.exact(setting, mesh), setting, layers.ends(setting, mesh));
    }

    public LowerPlan.LayerSource layerSource() {
        return layers.layers();
    }

    private long memory(Decisions complete) {
        Decisions atAnyClock = complete.with(Decision.FREQUENCY, 0);
        Long known = memories.get(atAnyClock);
        if (known == null) {
            known = IntStream.range(0, complete.get(Decision.PIPELINE))
                    .mapToLong(stage -> LowerPlan.layout(job, complete, layers.layers(), stage)
                            .arenaBytes())
                    .max()
                    .orElseThrow();
            memories.put(atAnyClock, known);
        }
        return known;
    }

    private Figures figures(Decisions decisions, Work work, double seconds, int clock, long memory) {
        int devices = devices(decisions);
        if (!priced && decisions.find(Decision.FREQUENCY).isEmpty()) {
            return least(seconds, devices, memory);
        }
        Seconds time = Seconds.of(seconds);
        int replicas = devices / decisions.get(Decision.PIPELINE);
        var energy = new EnergyCost(job.cluster(), constants, clock);
        Joules joules = energy.of(
                devices,
                time,
                Seconds.of(work.compute() * replicas),
                Seconds.of((work.tensor() + work.data()) * replicas));
        return new Figures(
                time, joules, energy.money(devices, time, joules), energy.carbon(joules), devices, Bytes.of(memory));
    }

    // --- the numbers of a step
    // --------------------------------------------------------------------------------------------

    private Setting setting(Decisions decisions, int clock) {
        return new Setting(
                decisions.get(Decision.TENSOR),
                decisions.get(Decision.SEQUENCE),
                decisions.get(Decision.DATA),
                decisions.get(Decision.SHARD),
                decisions.get(Decision.MICROBATCH),
                decisions.get(Decision.RECOMPUTE),
                clock,
                costs.loadClass(devices(decisions)));
    }

    private static MeshShape mesh(Decisions decisions) {
        return MeshShape.of(
                decisions.get(Decision.PIPELINE), decisions.get(Decision.DATA), decisions.get(Decision.TENSOR));
    }

    private StageShares shares(int stages, int chunks) {
        return shares.computeIfAbsent(
                (long) stages << 32 | chunks, key -> StageShares.of(layers.model(), stages, chunks));
    }

    private StepModel model(Decisions decisions, LayerFigures[] figures, Setting setting, StepEnds ends) {
        StageShares share = shares(decisions.get(Decision.PIPELINE), decisions.get(Decision.INTERLEAVE));
        Message message = share.stages() == 1 ? Message.NONE : layers.message(setting, mesh(decisions));
        return StepModel.of(
                decisions.get(Decision.SCHEDULE),
                LowerPlan.microbatches(job, decisions),
                share,
                figures,
                message,
                ends);
    }
}
