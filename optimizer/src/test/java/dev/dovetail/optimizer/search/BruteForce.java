package dev.dovetail.optimizer.search;

import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.ContextExchange;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decision.Tier;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.timing.ProgramTimer;
import dev.dovetail.ir.timing.TimePart;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.cost.EnergyCost;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * The search's opponent: writes down every plan by nested loops over rules of its own, lowers each to its program, and takes
 * time from the program's timer and memory from its arenas. Prunes nothing.
 */
final class BruteForce {
    private final TrainJob job;
    private final LayerCache layers = new LayerCache(new GreedyPacker());
    private final CostModel costs;
    private final Map<Decisions, Program> programs = new HashMap<>();
    private final Map<Decisions, Timeline> timelines = new HashMap<>();
    private final PricedBodies prices;
    private final Map<List<Integer>, List<PreparedByHand.Way>> ways = new HashMap<>();
    private final List<Figures> plans = new ArrayList<>();

    BruteForce(TrainJob job) {
        this(job, CostModel.ofDevices(job.cluster()));
    }

    BruteForce(TrainJob job, CostModel costs) {
        this.job = job;
        this.costs = costs;
        this.prices = new PricedBodies(costs);
        enumerate();
    }

    /** The least value of the primary objective among the plans that hold all requirements. */
    Optional<Double> best() {
        Figure primary = Figure.of(job.objectives().getFirst());
        return feasible().stream().map(f -> f.get(primary)).min(Double::compare);
    }

    /** Of the plans best in the first objective, the least value of the second. */
    Optional<Double> second() {
        if (job.objectives().size() < 2 || best().isEmpty()) {
            return Optional.empty();
        }
        Figure primary = Figure.of(job.objectives().get(0));
        Figure secondary = Figure.of(job.objectives().get(1));
        return feasible().stream()
                .filter(f -> f.get(primary) == best().get())
                .map(f -> f.get(secondary))
                .min(Double::compare);
    }

    int plans() {
        return plans.size();
    }

    /** Of every plan that holds all requirements. */
    List<Figures> feasible() {
        List<Figures> left = plans.stream().filter(this::fits).toList();
        for (Requirement requirement : job.requirements()) {
            if (requirement instanceof Requirement.AtMost most) {
                left = left.stream()
                        .filter(f -> f.get(Figure.of(most.objective())) <= most.limit())
                        .toList();
            }
        }
        for (Requirement requirement : job.requirements()) {
            if (requirement instanceof Requirement.WithinFactorOfBest within) {
                Figure figure = Figure.of(within.objective());
                double least =
                        left.stream().mapToDouble(f -> f.get(figure)).min().orElse(0);
                left = left.stream()
                        .filter(f -> f.get(figure) <= within.factor() * least)
                        .toList();
            }
        }
        return left;
    }

    private boolean fits(Figures figures) {
        long reserve =
                job.cluster().thisMachine().isPresent() ? 0 : Bytes.ofGib(1).count();
        return figures.memory().count() + reserve <= roomiest();
    }

    private long roomiest() {
        return job.cluster().groups().stream()
                .mapToLong(group -> group.node().device().memory().count())
                .max()
                .orElseThrow();
    }

    private void enumerate() {
        int devices = job.cluster().devices();
        int layerCount = job.model().layers();
        for (int tensor = 1; tensor <= job.cluster().node().domain(); tensor++) {
            int heads = job.model().width() / 16;
            boolean splits = heads % tensor == 0 && job.model().vocab() % tensor == 0;
            if (!splits || job.cluster().node().domain() % tensor != 0) {
                continue;
            }
            for (int pipeline = 1; pipeline <= layerCount && pipeline * tensor <= devices; pipeline++) {
                for (Decisions shared : contexts(tensor)) {
                    int ranks = pipeline * tensor * shared.get(Decision.CONTEXT);
                    for (int data = 1; data * ranks <= devices; data++) {
                        if (job.batch() % data == 0) {
                            mesh(shared.with(Decision.TENSOR, tensor)
                                    .with(Decision.PIPELINE, pipeline)
                                    .with(Decision.DATA, data));
                        }
                    }
                }
            }
        }
    }

    /** Ranks that share sequences of which each has 4096 positions or more, and what they exchange for attention. */
    private List<Decisions> contexts(int tensor) {
        var all = new ArrayList<Decisions>();
        int heads = job.model().width() / 16;
        Decisions whole =
                Decisions.none().with(Decision.CONTEXT, 1).with(Decision.CONTEXT_EXCHANGE, ContextExchange.GATHER);
        all.add(whole);
        for (int ways = 2; job.sequence() / ways >= 4096; ways *= 2) {
            Decisions shared = whole.with(Decision.CONTEXT, ways);
            all.add(shared);
            all.add(shared.with(Decision.CONTEXT_EXCHANGE, ContextExchange.ZIGZAG));
            if (heads % (tensor * ways) == 0) {
                all.add(shared.with(Decision.CONTEXT_EXCHANGE, ContextExchange.ALL_TO_ALL));
            }
        }
        return all;
    }

    private void mesh(Decisions ranks) {
        int layerCount = job.model().layers();
        int pipeline = ranks.get(Decision.PIPELINE);
        int data = ranks.get(Decision.DATA);
        for (int microbatch = 1; microbatch <= job.batch(); microbatch++) {
            if (job.batch() % (data * microbatch) != 0) {
                continue;
            }
            int count = job.batch() / (data * microbatch);
            for (int virtual = 1; virtual * pipeline <= layerCount; virtual++) {
                if (virtual > 1 && pipeline == 1) {
                    continue;
                }
                var order = virtual > 1
                        ? ofChunks(virtual, count % pipeline == 0)
                        : pipeline > 1 ? ofPipelines() : List.of(Schedule.ONE_F_ONE_B);
                for (Schedule schedule : order) {
                    Decisions decisions = ranks.with(Decision.MICROBATCH, microbatch)
                            .with(Decision.INTERLEAVE, virtual)
                            .with(Decision.SCHEDULE, schedule);
                    boolean even = job.forbidden().contains("stages");
                    List<List<Integer>> splits = even
                            ? List.of(StageSplit.even(layerCount, pipeline * virtual)
                                    .blocks())
                            : splits(new ArrayList<>(), layerCount, pipeline * virtual, virtual == 1);
                    splits.forEach(split -> experts(decisions.with(Decision.STAGES, split)));
                }
            }
        }
    }

    /** Rounds of one micro-batch a stage, and with two chunks a V. */
    private List<Schedule> ofChunks(int chunks, boolean inRounds) {
        var schedules = new ArrayList<Schedule>();
        if (inRounds) {
            schedules.add(Schedule.INTERLEAVED);
        }
        if (chunks == 2 && !job.forbidden().contains("v_shape")) {
            schedules.addAll(List.of(Schedule.ZB_V, Schedule.DUALPIPE_V));
        }
        return schedules;
    }

    private List<Schedule> ofPipelines() {
        return job.forbidden().contains("zero_bubble")
                ? List.of(Schedule.GPIPE, Schedule.ONE_F_ONE_B)
                : List.of(Schedule.GPIPE, Schedule.ONE_F_ONE_B, Schedule.ZB_H1, Schedule.ZB_H2);
    }

    /** Every row of {@code parts} numbers that add up to {@code layers}; only first and last may be 0, if they may. */
    private static List<List<Integer>> splits(List<Integer> begun, int layers, int parts, boolean emptyEnds) {
        if (begun.size() == parts) {
            return layers == 0 ? List.of(List.copyOf(begun)) : List.of();
        }
        boolean atEnd = begun.isEmpty() || begun.size() == parts - 1;
        var all = new ArrayList<List<Integer>>();
        for (int n = atEnd && emptyEnds ? 0 : 1; n <= layers; n++) {
            var next = new ArrayList<>(begun);
            next.add(n);
            all.addAll(splits(next, layers - n, parts, emptyEnds));
        }
        return all;
    }

    /** Two experts, where there are any: on the tensor ranks or shared by them, on neighbouring replicas, each of them shared. */
    private void experts(Decisions mesh) {
        boolean mixture = job.model().stacks().getFirst().subLayers().getLast().block() instanceof MoeBlock;
        int tensor = mesh.get(Decision.TENSOR);
        int context = mesh.get(Decision.CONTEXT);
        int most = mixture ? mesh.get(Decision.DATA) * context : 1;
        int room = job.cluster().node().domain() / tensor;
        for (int each : mixture && tensor > 1 ? List.of(1, tensor) : List.of(1)) {
            for (int expert = 1; expert <= most; expert++) {
                for (int shard = 1; shard == 1 || (expert == 2 && expert * shard <= Math.min(most, room)); shard++) {
                    boolean even = !mixture || 2 % (expert * tensor / each) == 0;
                    boolean inside = shard == 1 || room % (expert * shard) == 0;
                    boolean beside = expert * shard == 1 || expert % context == 0;
                    if (even && inside && beside && mesh.get(Decision.DATA) * context % (expert * shard) == 0) {
                        Decisions shared = mesh.with(Decision.EXPERT_TENSOR, each)
                                .with(Decision.EXPERT, expert)
                                .with(Decision.EXPERT_SHARD, shard);
                        for (int send = shard > 1 && context == 1 ? 0 : 1; send <= shard; send++) {
                            if (send == 0 || shard % send == 0) {
                                stretches(shared.with(Decision.EXPERT_SEND, send));
                            }
                        }
                    }
                }
            }
        }
    }

    /** Queues in stretches where tokens travel. */
    private void stretches(Decisions shared) {
        boolean travels = shared.get(Decision.EXPERT_SEND) > 0
                && shared.get(Decision.EXPERT) * shared.get(Decision.EXPERT_SHARD) > shared.get(Decision.CONTEXT);
        for (int overlap : travels ? List.of(1, 2, 4, 8) : List.of(1)) {
            settle(shared.with(Decision.OVERLAP, overlap));
        }
    }

    private void settle(Decisions mesh) {
        int tensor = mesh.get(Decision.TENSOR);
        int context = mesh.get(Decision.CONTEXT);
        boolean mayShard = mesh.get(Decision.DATA) * context > 1;
        for (boolean sequence : new boolean[] {false, true}) {
            if (sequence && (tensor == 1 || job.sequence() % (tensor * context) != 0)) {
                continue;
            }
            for (Recomputation recompute : recomputations(job.model().layers())) {
                for (Shard shard : Shard.values()) {
                    if (shard == Shard.NONE || mayShard) {
                        Decisions settled = mesh.with(Decision.SEQUENCE, sequence)
                                .with(Decision.RECOMPUTE, recompute)
                                .with(Decision.SHARD, shard);
                        for (int group : groups(settled)) {
                            for (int clock : clocks()) {
                                beside(settled.with(Decision.SHARD_GROUP, group).with(Decision.FREQUENCY, clock));
                            }
                        }
                    }
                }
            }
        }
    }

    /** Where a spec says that some lies beside the devices, on all that can hold it; nowhere otherwise. */
    private void beside(Decisions complete) {
        Fixed offload = job.fixed().get(Decision.OFFLOAD.name());
        if (offload == null) {
            placed(complete);
            return;
        }
        Decisions held =
                complete.with(Decision.OFFLOAD, Decision.OFFLOAD.parse().apply(offload.value()));
        for (Tier tier : Tier.values()) {
            add(held.with(Decision.OFFLOAD_TO, tier));
        }
    }

    /** All data ranks, or those that fast links join. */
    private List<Integer> groups(Decisions plan) {
        int all = plan.get(Decision.DATA) * plan.get(Decision.CONTEXT);
        int near = job.cluster().node().domain() / plan.get(Decision.TENSOR);
        boolean apart = plan.find(Decision.EXPERT).orElse(1) == 1
                && plan.find(Decision.EXPERT_SHARD).orElse(1) == 1;
        boolean helps = plan.get(Decision.SHARD) != Shard.NONE && near > 1 && near < all && all % near == 0;
        return helps && apart ? List.of(all, near) : List.of(all);
    }

    /** Everything that each of the layers may compute again. */
    private List<Recomputation> recomputations(int layers) {
        List<List<Recompute>> all = List.of(List.of());
        for (int layer = 0; layer < layers; layer++) {
            var longer = new ArrayList<List<Recompute>>();
            for (List<Recompute> begun : all) {
                for (Recompute next : Recompute.SOLVED) {
                    var row = new ArrayList<>(begun);
                    row.add(next);
                    longer.add(row);
                }
            }
            all = longer;
        }
        boolean none = job.forbidden().contains("recompute");
        return none
                ? List.of(Recomputation.NONE)
                : all.stream().map(Recomputation::ofEach).toList();
    }

    private List<Integer> clocks() {
        if (job.cluster().mixed()) {
            return List.of(0);
        }
        Optional<Device.Clocks> clocks = job.cluster().node().device().clocks();
        var all = new ArrayList<Integer>();
        clocks.ifPresent(c -> {
            for (int mhz = c.lowestMhz(); mhz <= c.highestMhz(); mhz += c.stepMhz()) {
                all.add(mhz);
            }
        });
        return clocks.isPresent() ? all : List.of(0);
    }

    /** Every kind of node for every stage, those of one kind side by side. */
    private void placed(Decisions complete) {
        if (!job.cluster().mixed()) {
            add(complete);
            return;
        }
        int stages = complete.get(Decision.PIPELINE);
        int ranks = complete.get(Decision.TENSOR) * complete.get(Decision.DATA);
        int kinds = job.cluster().groups().size();
        for (int code = 0; code < Math.pow(kinds, stages); code++) {
            var nodes = new ArrayList<Integer>();
            int changes = 0;
            for (int stage = 0, left = code; stage < stages; stage++, left /= kinds) {
                nodes.add(1 + left % kinds);
                changes += stage > 0 && !nodes.get(stage).equals(nodes.get(stage - 1)) ? 1 : 0;
            }
            boolean room = true;
            for (int kind = 1; kind <= kinds; kind++) {
                var group = job.cluster().groups().get(kind - 1);
                int used = Collections.frequency(nodes, kind) * ranks;
                room &= used <= group.count() * group.node().devices();
            }
            if (room && changes < Math.max(1, nodes.stream().distinct().count())) {
                add(complete.with(Decision.NODES, nodes));
            }
        }
    }

    private void add(Decisions complete) {
        for (var fixed : job.fixed().entrySet()) {
            if (!complete.asText().get(fixed.getKey()).equals(((Fixed) fixed.getValue()).value())) {
                return;
            }
        }
        List<ProductFormats> formats = job.precision().choices();
        if (formats.size() == 1) {
            everyWayToPrepare(complete);
        } else {
            formats.forEach(each -> everyWayToPrepare(complete.with(Decision.MATMUL, each)));
        }
    }

    /** Samples are there, or come on any of their ways. */
    private void everyWayToPrepare(Decisions complete) {
        if (job.preparation().isEmpty()) {
            plans.add(figures(complete, step -> step, 0));
            return;
        }
        var workers = List.of(complete.get(Decision.TENSOR), complete.get(Decision.DATA));
        ways.computeIfAbsent(workers, any -> new PreparedByHand(job, complete).ways())
                .forEach(way -> plans.add(figures(complete, way.step(), way.helpersPerHour())));
    }

    private Figures figures(Decisions complete, DoubleUnaryOperator waiting, double helpersPerHour) {
        Decisions still = complete.with(Decision.FREQUENCY, 0);
        // Programs are the same at every clock, and say nothing of formats that operands are converted to on the way.
        Decisions stored =
                complete.find(Decision.MATMUL).isPresent() ? still.with(Decision.MATMUL, ProductFormats.STORED) : still;
        Program program = programs.computeIfAbsent(stored, any -> LowerPlan.lower(job, any, layers));
        int clock = complete.get(Decision.FREQUENCY);
        List<Integer> nodes = complete.find(Decision.NODES).orElse(List.of());
        Timeline timeline = timelines.computeIfAbsent(
                complete,
                any -> ProgramTimer.time(
                        program,
                        prices.of(program.mesh(), clock, nodes, complete.find(Decision.MATMUL)),
                        costs.sharing(program.mesh())));
        int devices = program.mesh().ranks();
        int replicas = devices / program.classes().size();
        var step = Seconds.of(waiting.applyAsDouble(timeline.step().value()));
        Joules joules = Joules.ZERO;
        Dollars money = Dollars.ZERO;
        long fullest = 0;
        for (int kind = 0; kind < job.cluster().groups().size(); kind++) {
            double computing = 0;
            double communicating = 0;
            int stages = 0;
            for (Timeline.Stage stage : timeline.stages()) {
                if (!nodes.isEmpty() && nodes.get(stage.stage()) != kind + 1) {
                    continue;
                }
                stages++;
                computing += stage.spent(TimePart.COMPUTE).value();
                communicating += stage.spent(TimePart.TENSOR_COMM).value()
                        + stage.spent(TimePart.EXPERT_COMM).value()
                        + stage.spent(TimePart.DATA_COMM).value()
                        + stage.spent(TimePart.OFFLOAD).value();
                long held = job.cluster()
                        .groups()
                        .get(kind)
                        .node()
                        .device()
                        .memory()
                        .count();
                long arena = program.classes().get(stage.stage()).arenaBytes();
                fullest = Math.max(fullest, arena + roomiest() - held);
            }
            var energy = new EnergyCost(job.cluster().only(kind), DeviceConstants.ACCELERATOR, clock);
            Joules here = energy.of(
                    stages * replicas, step, Seconds.of(computing * replicas), Seconds.of(communicating * replicas));
            joules = joules.plus(here);
            money = money.plus(energy.money(stages * replicas, step, here));
        }
        return new Figures(
                step,
                timeline.step(),
                joules,
                money.plus(Dollars.of(helpersPerHour * step.hours())),
                new EnergyCost(job.cluster(), DeviceConstants.ACCELERATOR, clock).carbon(joules),
                devices,
                Bytes.of(fullest));
    }
}
