package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.Plan.Breakdown;
import dev.dovetail.ir.plan.Plan.Predicted;
import dev.dovetail.ir.plan.Plan.RunnerUp;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.TimePart;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Flops;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.accuracy.PublishedErrors;
import dev.dovetail.optimizer.explain.Comparison;
import dev.dovetail.optimizer.goodput.RunForecast;
import dev.dovetail.optimizer.input.Forecast;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.lower.StageSplit;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.template.TemplatePlanner;
import dev.dovetail.optimizer.template.TemplatePlanner.CopyPlanner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Turns what a search found into a plan: lowers the best candidates, times their programs, and compares them. */
final class PlanWriter {
    private final Planner planner;
    private final Problem problem;
    private final Space space;
    private final TrainAppraiser appraiser;

    /** @param arenas bytes by stage */
    private record Timed(Candidate candidate, Predicted predicted, Breakdown breakdown, List<Long> arenas) {}

    /** Copies of the model are planned as any job is. */
    private record Copies(Planner planner) implements CopyPlanner {
        @Override
        public Optional<Decisions> plan(TrainJob job) {
            return planner.appraise(job).filter(Appraisal::fits).map(Appraisal::decisions);
        }

        @Override
        public Seconds step(TrainJob job, Decisions decisions) {
            var layers = planner.appraiser(Problem.of(job), new Focus(true, true, Long.MAX_VALUE))
                    .layerSource();
            return planner.time(job, decisions, LowerPlan.lower(job, decisions, layers))
                    .step();
        }
    }

    PlanWriter(Planner planner, Problem problem, Space space, TrainAppraiser appraiser) {
        this.planner = planner;
        this.problem = problem;
        this.space = space;
        this.appraiser = appraiser;
    }

    /** @param front plans that trade what the job asks for */
    Plan write(SearchResult result, List<Figure> order, List<Candidate> front, Plan.SearchStatistics statistics) {
        var timed = result.best().stream().map(this::time).toList();
        Timed best = timed.getFirst();
        Figure primary = order.getFirst();
        double reached = best.candidate().figures().get(primary);
        double bound = result.bound().orElse(reached);
        var runnersUp = timed.subList(1, timed.size()).stream()
                .map(other -> runnerUp(best, other, primary))
                .toList();
        var objective = problem.job().objectives().stream().findFirst().orElse(Objective.TIME);
        return new Plan(
                problem.job().name(),
                result.exhausted() ? Plan.Status.OPTIMAL : Plan.Status.FEASIBLE,
                best.candidate().decisions(),
                space.decidedBy(best.candidate().decisions()),
                best.predicted(),
                best.breakdown(),
                new Plan.Bound(objective, bound, reached == 0 ? 0 : (reached - bound) / reached),
                statistics,
                runnersUp,
                front.stream().map(other -> traded(best.candidate(), other)).toList(),
                problem.job().cluster().thisMachine().isPresent() ? Optional.empty() : PublishedErrors.shipped(),
                RunForecast.of(problem.job(), best.candidate().decisions(), best.predicted()),
                new TemplatePlanner(new Copies(planner))
                        .plan(problem.job(), best.candidate().decisions()),
                Forecast.of(
                        problem.job(),
                        best.candidate().decisions(),
                        best.predicted().step().minus(best.breakdown().input())),
                notes(best));
    }

    private List<String> notes(Timed best) {
        var notes = new ArrayList<>(hardware(best));
        Predicted predicted = best.predicted();
        RunForecast.neverEnds(problem.job(), best.candidate().decisions(), predicted)
                .ifPresent(notes::add);
        if (predicted.idleDevices() > 0) {
            notes.add("leaves " + predicted.idleDevices() + " of " + (predicted.devices() + predicted.idleDevices())
                    + " devices idle");
        }
        return notes;
    }

    /** Which stages run on what, where nodes are of several kinds. */
    private List<String> hardware(Timed best) {
        Decisions decisions = best.candidate().decisions();
        List<Integer> nodes = decisions.nodes();
        var notes = new ArrayList<String>();
        for (int kind : new TreeSet<>(nodes)) {
            var node = problem.job().cluster().groups().get(kind - 1).node();
            int[] stages = IntStream.range(0, nodes.size())
                    .filter(stage -> nodes.get(stage) == kind)
                    .toArray();
            long fullest = IntStream.of(stages)
                    .mapToLong(stage -> best.arenas().get(stage))
                    .max()
                    .orElseThrow();
            StageSplit split = StageSplit.of(problem.blocks(), decisions);
            int layers = IntStream.range(0, split.sizes().size())
                    .filter(virtual -> nodes.get(virtual % nodes.size()) == kind)
                    .map(virtual -> split.blocks().get(virtual))
                    .sum();
            notes.add(stages(stages) + " with " + layers + " of "
                    + problem.blocks() + " layers on "
                    + node.name() + ": up to " + Bytes.of(fullest) + " of the "
                    + node.device().memory() + " of each " + node.device().name());
        }
        return notes;
    }

    private static String stages(int[] stages) {
        boolean neighbours = stages[stages.length - 1] - stages[0] == stages.length - 1;
        return stages.length == 1
                ? "stage " + stages[0]
                : neighbours
                        ? "stages " + stages[0] + " to " + stages[stages.length - 1]
                        : "stages "
                                + IntStream.of(stages)
                                        .mapToObj(Integer::toString)
                                        .collect(Collectors.joining(", "));
    }

    private static FrontPlan traded(Candidate best, Candidate other) {
        Figures figures = other.figures();
        return new FrontPlan(
                other.decisions(),
                Comparison.differences(best.decisions(), other.decisions()),
                figures.time(),
                figures.energy(),
                figures.money(),
                figures.carbon(),
                figures.devices(),
                figures.memory());
    }

    private Timed time(Candidate candidate) {
        TrainJob job = problem.job();
        Program program = LowerPlan.lower(job, candidate.decisions(), appraiser.layerSource());
        Timeline timeline = planner.time(job, candidate.decisions(), program);
        return new Timed(
                candidate,
                predicted(candidate, program, timeline),
                breakdown(timeline),
                program.classes().stream().map(RankClass::arenaBytes).toList());
    }

    private Predicted predicted(Candidate candidate, Program program, Timeline timeline) {
        Figures figures = candidate.figures();
        TrainJob job = problem.job();
        Flops model = modelFlops();
        FlopsPerSecond perDevice = model.per(timeline.step()).times(1.0 / figures.devices());
        return new Predicted(
                timeline.step(),
                job.tokensPerStep() / timeline.step().value(),
                peak(candidate.decisions()).map(perDevice::ratioTo).orElse(0.0),
                perDevice,
                memory(program),
                timeline.bubbleFraction(),
                figures.energy(),
                figures.money(),
                figures.carbon(),
                figures.devices(),
                problem.devices() - figures.devices());
    }

    /** Of a device of the plan, on average over its stages; absent where a kind of device does not list it. */
    private Optional<FlopsPerSecond> peak(Decisions decisions) {
        Cluster cluster = problem.job().cluster();
        List<Integer> nodes = decisions.nodes();
        List<NodeGroup> used = nodes.isEmpty()
                ? List.of(cluster.groups().getFirst())
                : nodes.stream().map(kind -> cluster.groups().get(kind - 1)).toList();
        double sum = 0;
        for (NodeGroup group : used) {
            FlopsPerSecond peak = group.node()
                    .device()
                    .compute()
                    .get(problem.job().precision().compute());
            if (peak == null) {
                return Optional.empty();
            }
            sum += peak.value();
        }
        return Optional.of(FlopsPerSecond.of(sum / used.size()));
    }

    private static Map<MemoryPart, Bytes> memory(Program program) {
        RankClass fullest = program.classes().stream()
                .max(Comparator.comparingLong(RankClass::arenaBytes))
                .orElseThrow();
        var parts = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        fullest.memory().forEach((part, bytes) -> parts.put(part, Bytes.of(bytes)));
        return parts;
    }

    private static Breakdown breakdown(Timeline timeline) {
        return new Breakdown(
                timeline.mean(TimePart.COMPUTE),
                timeline.mean(TimePart.TENSOR_COMM),
                timeline.mean(TimePart.EXPERT_COMM),
                timeline.mean(TimePart.PIPELINE_COMM),
                timeline.mean(TimePart.DATA_COMM),
                timeline.mean(TimePart.OFFLOAD),
                timeline.mean(TimePart.INPUT),
                timeline.mean(TimePart.BUBBLE));
    }

    /**
     * Matrix products and attention of a step, forward once and backward twice where weights train: recomputation does not
     * count, nor do empty places in queues of experts.
     */
    private Flops modelFlops() {
        var model = problem.model();
        double perSequence = 0;
        for (int kind : model.order()) {
            LayerKind layer = model.kinds().get(kind);
            perSequence += layer.forward().nodes().stream()
                    .filter(node -> node.op() instanceof MatMul || node.op() instanceof Attend)
                    .mapToDouble(node -> passes(layer, node) * layer.filled(node) * node.flops())
                    .sum();
        }
        return Flops.of(perSequence * problem.job().batch());
    }

    /** How often a product is made: forward, for the gradient of what goes in, and for that of its weights where they train. */
    private static int passes(LayerKind layer, Node node) {
        if (!layer.hasBackward()) {
            return 1;
        }
        boolean frozen = layer.forward().parameters().stream()
                .anyMatch(p -> !p.trained() && node.operands().contains(p.value()));
        return frozen ? 2 : 3;
    }

    private RunnerUp runnerUp(Timed best, Timed other, Figure primary) {
        Decisions theirs = other.candidate().decisions();
        double reached = best.candidate().figures().get(primary);
        double loss = reached == 0 ? 0 : other.candidate().figures().get(primary) / reached - 1;
        var differs = Comparison.differences(best.candidate().decisions(), theirs);
        return new RunnerUp(
                theirs,
                differs,
                other.predicted(),
                other.breakdown(),
                loss,
                Comparison.because(best.predicted(), best.breakdown(), other.predicted(), other.breakdown()));
    }
}
