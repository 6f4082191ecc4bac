package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.FrontPlan;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.timing.ProgramTimer;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.OffsetPacker;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.search.SearchResult.Effort;
import dev.dovetail.optimizer.technique.FrequencyScaling;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Finds the best plan for a training job, or says what stands in the way of any. */
public final class Planner {
    /** Plans returned: the best and its runners-up. */
    private static final int KEPT = 6;

    /** Nodes opened at most; no job of a thousand layers on ten thousand devices has come near it. */
    private static final long BUDGET = 20_000_000;

    /** Nodes opened for a job of which nobody asks a proof: the most promising come first. */
    private static final long GLANCE = 50_000;

    /** How much more memory jobs may take that should not fit and yet ran: memory is foreseen no better. */
    private static final double LEEWAY = 1.25;

    /** Plans found for the memory that an engine leaves; each takes less than the one before, and so does what it leaves. */
    private static final int ENGINE_ROUNDS = 3;

    private final TechniqueCatalog techniques;
    private final CostModel costs;
    private final DeviceConstants constants;
    private final OffsetPacker packer;

    public Planner(TechniqueCatalog techniques, CostModel costs, DeviceConstants constants, OffsetPacker packer) {
        this.techniques = techniques;
        this.costs = costs;
        this.constants = constants;
        this.packer = packer;
    }

    /**
     * Throws {@link dev.dovetail.optimizer.cost.MissingFigureException} where the hardware's description lacks what a plan
     * needs, and {@link dev.dovetail.ir.block.BlockException} where the model cannot be expanded.
     */
    public PlanOutcome plan(TrainJob job) {
        long began = System.nanoTime();
        Problem problem = Problem.of(job);
        var limits = new ArrayList<>(Limits.of(job));
        LayerFigureCache layers = layers(job);
        var appraiser = appraiser(problem, focus(job, limits), layers);
        var space = new Space(problem, techniques, appraiser);
        var effort = new Effort(0, 0, 0);
        for (Requirement requirement : job.requirements()) {
            if (requirement instanceof Requirement.WithinFactorOfBest relative) {
                Figure figure = Figure.of(relative.objective());
                SearchResult best = BranchAndBound.search(space, appraiser, Goal.least(figure, limits), 1, BUDGET);
                effort = effort.plus(best.effort());
                best.best().stream().findFirst().ifPresent(b -> limits.add(within(relative, figure, b)));
            }
        }
        SearchResult result = BranchAndBound.search(space, appraiser, Goal.minimise(order(job), limits), KEPT, BUDGET);
        effort = effort.plus(result.effort());
        if (result.best().isEmpty()) {
            return nothing(problem, limits, layers, result, effort, began);
        }
        List<Candidate> front = List.of();
        if (!job.front().isEmpty()) {
            SearchResult traded = front(job, limits, space, appraiser);
            front = traded.best();
            effort = effort.plus(traded.effort());
        }
        return new PlanOutcome.Solved(new PlanWriter(this, problem, space, appraiser)
                .write(result, order(job), front, statistics(effort, began)));
    }

    /** The best plan by each objective that is traded, and what lies between them. */
    private static SearchResult front(TrainJob job, List<Limit> limits, Space space, TrainAppraiser appraiser) {
        List<Figure> traded = job.front().stream().map(Figure::of).toList();
        var effort = new Effort(0, 0, 0);
        var ends = new ArrayList<Candidate>();
        for (Figure figure : traded) {
            var order = new ArrayList<>(traded);
            order.remove(figure);
            order.addFirst(figure);
            SearchResult end = BranchAndBound.search(space, appraiser, new Goal(order, limits, true), 1, BUDGET);
            effort = effort.plus(end.effort());
            ends.addAll(end.best());
        }
        SearchResult between =
                BranchAndBound.front(space, appraiser, new Goal(traded, limits, true), ends, FrontPlan.SLACK, BUDGET);
        return new SearchResult(between.best(), between.bound(), between.exhausted(), effort.plus(between.effort()));
    }

    /** The figures of the best plan, and its decisions: without runners-up, which cost most of a search. */
    public Optional<Candidate> best(TrainJob job) {
        Problem problem = Problem.of(job);
        List<Limit> limits = Limits.of(job);
        var appraiser = appraiser(problem, focus(job, limits));
        var space = new Space(problem, techniques, appraiser);
        return first(BranchAndBound.search(space, appraiser, Goal.minimise(order(job), limits), 1, BUDGET));
    }

    private PlanOutcome nothing(
            Problem problem,
            List<Limit> limits,
            LayerFigureCache layers,
            SearchResult result,
            Effort effort,
            long began) {
        if (!result.exhausted()) {
            return new PlanOutcome.Unknown(statistics(effort, began));
        }
        Cluster cluster = problem.job().cluster();
        BiFunction<Problem, Focus, TrainAppraiser> appraisers = (asked, focus) ->
                asked.job().cluster().equals(cluster) ? appraiser(asked, focus, layers) : appraiser(asked, focus);
        var conflicts = new ConflictFinder(problem.job(), limits, techniques, appraisers, ConflictFinder.BUDGET).find();
        return new PlanOutcome.Infeasible(conflicts, statistics(effort, began));
    }

    private static Plan.SearchStatistics statistics(Effort effort, long began) {
        return new Plan.SearchStatistics(
                Seconds.ofNanos(System.nanoTime() - began), effort.considered(), effort.pruned());
    }

    private static Limit within(Requirement.WithinFactorOfBest relative, Figure figure, Candidate best) {
        return Limit.of(figure, relative.factor() * best.figures().get(figure), relative);
    }

    /** What is minimised, in order; time where the job does not say. */
    static List<Figure> order(TrainJob job) {
        List<Objective> objectives = job.objectives().isEmpty() ? List.of(Objective.TIME) : job.objectives();
        return objectives.stream().map(Figure::of).distinct().toList();
    }

    /**
     * The plan for what a job leaves open, without runners-up or reasons: the best that holds its limits, or where none does the
     * best that takes little more memory than there is. Empty where no decisions are legal together.
     */
    public Optional<Appraisal> appraise(TrainJob job) {
        return appraise(job, Limits.of(job));
    }

    /**
     * The same beside what the engine itself takes of a device, or spares of the plan. That depends on the plan: plans are found for
     * the memory that the one before would have left, while one does not fit, or would do less again if it had what is spared.
     */
    public Optional<Appraisal> appraiseBesideEngine(TrainJob job) {
        Bytes installed = Limits.installed(job);
        long kept = 0;
        Optional<Appraisal> found = appraise(job, Limits.of(job, installed, kept));
        for (int i = 0; i < ENGINE_ROUNDS && found.isPresent(); i++) {
            Appraisal plan = found.get();
            long needed = plan.overheads().get(plan.fullest()).needed();
            boolean over = isOver(plan, installed);
            boolean repeats = !plan.decisions().get(Decision.RECOMPUTE).equals(Recomputation.NONE);
            if (needed >= installed.count() || (over ? needed <= kept : !repeats || needed >= kept)) {
                break;
            }
            kept = needed;
            Optional<Appraisal> next = appraise(job, Limits.of(job, installed, kept));
            if (!over && next.filter(other -> !isOver(other, installed)).isEmpty()) {
                break;
            }
            found = next;
        }
        return found;
    }

    private static boolean isOver(Appraisal plan, Bytes installed) {
        return plan.memory(plan.fullest()).compareTo(installed) > 0;
    }

    private Optional<Appraisal> appraise(TrainJob job, List<Limit> limits) {
        Problem problem = Problem.of(job);
        LayerFigureCache layers = layers(job);
        var appraiser = appraiser(problem, focus(job, limits), layers);
        var space = new Space(problem, techniques, appraiser);
        Optional<Candidate> best =
                first(BranchAndBound.search(space, appraiser, Goal.minimise(order(job), limits), 1, GLANCE));
        if (best.isPresent()) {
            return best.map(candidate -> appraisal(job, space, appraiser, candidate, true));
        }
        var unlimited = appraiser(problem, new Focus(true, false, Long.MAX_VALUE), layers);
        var all = new Space(problem, techniques, unlimited);
        Goal leanest = Goal.minimise(List.of(Figure.MEMORY), List.of());
        return first(BranchAndBound.search(all, unlimited, leanest, 1, GLANCE))
                .map(lean -> appraisal(job, all, unlimited, nearly(problem, layers, lean), false));
    }

    /** The fastest plan that takes little more memory than there is, or than the leanest where that is more. */
    private Candidate nearly(Problem problem, LayerFigureCache layers, Candidate leanest) {
        long needed = Math.max(
                leanest.figures().memory().count(),
                problem.job().cluster().node().device().memory().count());
        long most = Math.round(needed * LEEWAY);
        var appraiser = appraiser(problem, new Focus(true, false, most), layers);
        var limit = Limit.given(Figure.MEMORY, most, "nearly the least memory", Origin.NONE);
        Goal fastest = Goal.minimise(List.of(Figure.TIME), List.of(limit));
        return first(BranchAndBound.search(new Space(problem, techniques, appraiser), appraiser, fastest, 1, GLANCE))
                .orElse(leanest);
    }

    private static Optional<Candidate> first(SearchResult result) {
        return result.best().stream().findFirst();
    }

    private Appraisal appraisal(
            TrainJob job, Space space, TrainAppraiser appraiser, Candidate candidate, boolean fits) {
        Program program = LowerPlan.lower(job, candidate.decisions(), appraiser.layerSource());
        return new Appraisal(
                candidate.decisions(),
                space.decidedBy(candidate.decisions()),
                candidate.figures(),
                program,
                time(job, candidate.decisions(), program),
                IntStream.range(0, program.classes().size())
                        .mapToObj(stage -> EngineOverhead.of(
                                costs.engine(), job, candidate.decisions(), appraiser.layerSource(), program, stage))
                        .toList(),
                fits);
    }

    /** Puts figures on plans for a job. */
    public TrainAppraiser appraiser(Problem problem, Focus focus) {
        return appraiser(problem, focus, layers(problem.job()));
    }

    /** Layers cost the same whatever else is asked of a job, so searches for one on one cluster share them. */
    private LayerFigureCache layers(TrainJob job) {
        return new LayerFigureCache(job, costs, packer);
    }

    private TrainAppraiser appraiser(Problem problem, Focus focus, LayerFigureCache layers) {
        TrainJob job = problem.job();
        return new TrainAppraiser(
                job,
                costs,
                constants,
                layers,
                FrequencyScaling.open(problem),
                focus,
                (complete, lowered) -> timeWithoutInput(complete, LowerPlan.lower(job, complete, lowered))
                        .step());
    }

    /** Everything the job minimises or limits, and time. */
    private static Focus focus(TrainJob job, List<Limit> limits) {
        var figures = new ArrayList<>(order(job));
        figures.add(Figure.TIME);
        job.front().stream().map(Figure::of).forEach(figures::add);
        for (Requirement requirement : job.requirements()) {
            if (requirement instanceof Requirement.WithinFactorOfBest relative) {
                figures.add(Figure.of(relative.objective()));
            }
        }
        return Focus.of(figures, limits);
    }

    /** The step of a plan's program on the virtual clock, which waits for samples that are not ready. */
    public Timeline time(TrainJob job, Decisions complete, Program program) {
        Timeline model = timeWithoutInput(complete, program);
        return InputPace.of(job)
                .map(pace -> model.waitingForInput(pace.step(model.step(), complete)))
                .orElse(model);
    }

    private Timeline timeWithoutInput(Decisions complete, Program program) {
        MeshShape mesh = program.mesh();
        int clock = complete.find(Decision.FREQUENCY).orElse(FrequencyScaling.UNSET);
        CostModel multiplying =
                complete.find(Decision.MATMUL).map(costs::multiplying).orElse(costs);
        return ProgramTimer.time(program, multiplying.cost(mesh, clock, complete.nodes()), costs.sharing(mesh));
    }

    /** A plan for decisions someone else took, without a search; empty where a technique refuses them. */
    public Optional<Figures> appraise(TrainJob job, Decisions complete) {
        Problem problem = Problem.of(job);
        boolean legal = techniques.techniques().stream()
                .allMatch(technique -> technique.clash(problem, complete).isEmpty());
        return legal
                ? Optional.of(appraiser(problem, new Focus(true, true, Long.MAX_VALUE))
                        .appraise(complete))
                : Optional.empty();
    }
}
