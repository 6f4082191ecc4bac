package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.optimizer.search.Asks.Ask;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.technique.Clash;
import dev.dovetail.optimizer.technique.FrequencyScaling;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/** Whether a job has plans for what is asked, and what they cost at least: searches, each done once. */
final class PlansFor {
    /** Legal beginnings that are looked at where a refusal is sought. */
    private static final int BEGINNINGS = 5_000;

    /** Nodes that are visited for the least of a figure: most proofs take fewer, and none is worth minutes to whoever waits. */
    private static final long LEAST_BUDGET = 1_000;

    private final TrainJob job;
    private final TechniqueCatalog techniques;
    private final BiFunction<Problem, Focus, TrainAppraiser> appraisers;
    private final long budget;
    private final Map<Asks, SearchResult> known = new HashMap<>();
    private final Map<Least, SearchResult> knownLeast = new HashMap<>();
    private final Map<Outlook, TrainAppraiser> made = new HashMap<>();

    /** The job without what is asked of it; on a million devices as many values are held against it. */
    private Problem unasked;

    /** What figures and bounds depend on, of all that is asked. */
    private record Outlook(
            Focus focus,
            Optional<Fixed> stages,
            Optional<Fixed> recompute,
            boolean keepsAll,
            Optional<Fixed> clock,
            boolean keepsClock) {}

    private record Least(Figure figure, Asks asks) {}

    /** Whether there is a plan. */
    enum Answer {
        SOME,
        NONE,
        /** The search ended at its budget. */
        UNKNOWN
    }

    /** @param budget nodes that one search visits at most */
    PlansFor(
            TrainJob job,
            TechniqueCatalog techniques,
            BiFunction<Problem, Focus, TrainAppraiser> appraisers,
            long budget) {
        this.job = job;
        this.techniques = techniques;
        this.appraisers = appraisers;
        this.budget = budget;
    }

    PlansFor on(Cluster cluster) {
        return new PlansFor(job.on(cluster), techniques, appraisers, budget);
    }

    TrainJob job() {
        return job;
    }

    Answer answer(Asks asks) {
        SearchResult result = found(asks);
        return !result.best().isEmpty() ? Answer.SOME : result.exhausted() ? Answer.NONE : Answer.UNKNOWN;
    }

    boolean exist(Asks asks) {
        return answer(asks) == Answer.SOME;
    }

    /** Some plan, not the best. */
    Optional<Decisions> any(Asks asks) {
        return found(asks).best().stream().findFirst().map(Candidate::decisions);
    }

    /** Whether any search ended at its budget. */
    boolean leftOpen() {
        return known.values().stream().anyMatch(result -> result.best().isEmpty() && !result.exhausted());
    }

    private SearchResult found(Asks asks) {
        SearchResult result = known.get(asks);
        if (result == null) {
            Goal leanest = Goal.least(Figure.MEMORY, asks.limits());
            result = BranchAndBound.findAny(space(asks), appraiser(asks, Figure.MEMORY), leanest, budget);
            known.put(asks, result);
        }
        return result;
    }

    /** The plan that takes least of a figure, or near to it; the bound says how near. */
    SearchResult least(Figure figure, Asks asks) {
        var key = new Least(figure, asks);
        SearchResult result = knownLeast.get(key);
        if (result == null) {
            TrainAppraiser appraiser = appraiser(asks, figure);
            Goal least = Goal.least(figure, asks.limits());
            result = BranchAndBound.search(space(asks, appraiser), appraiser, least, 1, Math.min(budget, LEAST_BUDGET));
            knownLeast.put(key, result);
        }
        return result;
    }

    /** By how much, and where, a plan that is asked for misses what a device may hold. */
    Shortage shortage(Asks asks, Decisions plan, double most) {
        return Shortage.of(job, plan, appraiser(asks, Figure.MEMORY).layerSource(), most);
    }

    private Problem problem(Asks asks) {
        return Problem.of(job.with(asks.fixed(), asks.forbidden()).surviving(asks.survived()));
    }

    private Space space(Asks asks, TrainAppraiser appraiser) {
        return new Space(problem(asks), techniques, appraiser, asks.among());
    }

    private Space space(Asks asks) {
        return space(asks, appraiser(asks, Figure.MEMORY));
    }

    /** Figures hardly depend on what is asked, so searches with one focus share an appraiser. */
    private TrainAppraiser appraiser(Asks asks, Figure minimised) {
        var outlook = new Outlook(
                Focus.of(List.of(minimised), asks.limits()),
                Optional.ofNullable(asks.fixed().get(Decision.STAGES.name())),
                Optional.ofNullable(asks.fixed().get(Decision.RECOMPUTE.name())),
                asks.forbidden().contains(Decision.RECOMPUTE.name()),
                Optional.ofNullable(asks.fixed().get(Decision.FREQUENCY.name())),
                asks.forbidden().contains(FrequencyScaling.NAME));
        return made.computeIfAbsent(outlook, key -> appraisers.apply(problem(asks), key.focus()));
    }

    // --- without a search
    // ------------------------------------------------------------------------------------------------

    /** The refusal that comes furthest down the decisions: the nearest to a plan. */
    Optional<Clash> clash(Asks asks) {
        Space space = space(asks);
        Optional<Clash> outright = space.clashOfFixed();
        if (outright.isPresent()) {
            return outright;
        }
        List<Decisions> open = List.of(Decisions.none());
        for (int depth = 0; depth < space.depth(); depth++) {
            var legal = new ArrayList<Decisions>();
            Optional<Clash> last = Optional.empty();
            for (Decisions before : open) {
                for (Decisions decisions : space.branches(before, depth).list()) {
                    Optional<Clash> clash = space.clash(decisions, depth);
                    last = last.isPresent() ? last : clash;
                    if (clash.isEmpty() && legal.size() < BEGINNINGS) {
                        legal.add(decisions);
                    }
                }
            }
            if (legal.isEmpty()) {
                return last;
            }
            open = legal;
        }
        return Optional.empty();
    }

    Decision<?> decision(String name) {
        return space(Asks.NOTHING).decisions().stream()
                .filter(decision -> decision.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Whether no technique refuses the value by itself. */
    boolean alone(Decision<?> decision, String value) {
        if (unasked == null) {
            unasked = problem(Asks.NOTHING);
        }
        Problem problem = unasked;
        Decisions alone = parsed(decision, value);
        return techniques.techniques().stream()
                .allMatch(technique -> technique.clash(problem, alone).isEmpty());
    }

    private static <T> Decisions parsed(Decision<T> decision, String value) {
        return Decisions.none().with(decision, decision.parse().apply(value));
    }

    /** A smallest part of what is asked that leaves no plan; all of it where there are plans, or nobody knows. */
    Asks core(Asks all) {
        Asks core = all;
        for (Ask ask : all.each()) {
            Asks smaller = core.without(ask);
            core = answer(smaller) == Answer.NONE ? smaller : core;
        }
        return core;
    }
}
