package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.search.Asks.Ask;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Finds a smallest set of fixes and requirements that leaves no plan: drops one after the other and keeps dropped what was
 * not needed for the clash (the deletion filter of Chinneck and Dravnieks 1991). Where every test is an exhaustive search, the
 * set is minimal: without any one of its members there is a plan, or another clash. A test that ends at its budget drops
 * nothing, and the conflicts say so.
 */
final class ConflictFinder {
    /** Nodes that one search visits at most. */
    static final long BUDGET = 2_000_000;

    private final TrainJob job;
    private final PlansFor plans;
    private final Asks all;
    private final LeastChange least;

    ConflictFinder(
            TrainJob job,
            List<Limit> limits,
            TechniqueCatalog techniques,
            BiFunction<Problem, Focus, TrainAppraiser> appraisers,
            long budget) {
        this.job = job;
        this.plans = new PlansFor(job, techniques, appraisers, budget);
        this.all = new Asks(job.fixed(), Map.of(), job.forbidden(), limits, job.survivedFailures());
        this.least = new LeastChange(plans, all);
    }

    List<Conflict> find() {
        Asks core = plans.core(all);
        List<Conflict> conflicts =
                inOrder(core).stream().map(ask -> conflict(core, ask)).toList();
        if (conflicts.isEmpty()) {
            return List.of(ofNothing());
        }
        return plans.leftOpen() ? conflicts.stream().map(ConflictFinder::unsure).toList() : conflicts;
    }

    /** What is fixed first: that is what people look for first. */
    private static List<Ask> inOrder(Asks asks) {
        return asks.each().stream()
                .sorted(Comparator.comparingInt(ask -> switch (ask) {
                    case Ask.Fix fix -> 0;
                    case Ask.Forbidding forbidding -> 1;
                    case Ask.Limiting limiting -> 2;
                    case Ask.Surviving surviving -> 3;
                }))
                .toList();
    }

    private static Conflict unsure(Conflict conflict) {
        String reason =
                conflict.reason() + " (a search ended at its budget: what is named here leaves no plan together, but "
                        + "perhaps not all of it is needed)";
        return new Conflict(conflict.said(), conflict.origin(), reason, conflict.relaxation());
    }

    private Conflict conflict(Asks core, Ask ask) {
        Optional<String> change = least.of(ask);
        return switch (ask) {
            case Ask.Fix fix ->
                new Conflict(fix.name() + " " + fix.value().value(), fix.value().origin(), reason(core, fix), change);
            case Ask.Forbidding forbidding ->
                new Conflict(
                        "forbid " + forbidding.technique(),
                        job.origin(),
                        "every plan that holds the rest uses " + forbidding.technique(),
                        change);
            case Ask.Limiting limiting -> {
                Limit limit = limiting.limit();
                yield new Conflict(limit.said(), limit.origin(), reason(limit), change);
            }
            case Ask.Surviving surviving ->
                new Conflict(
                        "survive " + surviving.failures() + " node failures",
                        job.survival().orElseThrow().origin(),
                        job.cluster().mixed()
                                ? "pipeline templates are made of nodes that are alike; of several kinds they are not"
                                        + " supported yet"
                                : "no plan that holds the rest has " + (surviving.failures() + 1)
                                        + " whole copies on nodes of their own",
                        change);
        };
    }

    private String reason(Asks core, Ask.Fix fix) {
        return Optional.of(core)
                .filter(asks -> asks.limits().isEmpty())
                .flatMap(plans::clash)
                .map(clash -> clash.message() + ": " + clash.note())
                .orElse("no plan with " + fix.name() + " " + fix.value().value() + " holds the rest");
    }

    /** Measured against all else that is asked, so that the change alone is enough. */
    private String reason(Limit limit) {
        Asks rest = all.without(new Ask.Limiting(limit));
        SearchResult found = plans.least(limit.figure(), rest);
        return found.best().stream()
                .findFirst()
                .map(nearest -> leastNeeded(limit.figure(), found, nearest)
                        + (limit.figure() == Figure.MEMORY
                                ? ": " + plans.shortage(rest, nearest.decisions(), limit.most())
                                : instead(limit)))
                .orElse(found.exhausted() ? "no plan holds the rest either" : "no plan was found that holds the rest");
    }

    private static String leastNeeded(Figure figure, SearchResult found, Candidate nearest) {
        double bound = found.bound().orElseThrow();
        return found.exhausted()
                ? "no plan that holds the rest needs less than " + print(figure, bound)
                : "the least found that holds the rest is "
                        + print(figure, nearest.figures().get(figure))
                        + (bound > 0 ? " (none is below " + print(figure, bound) + ")" : "");
    }

    /** Figures that add up are limited for a whole job, and known for a step. */
    private String instead(Limit limit) {
        return limit.figure().addsUp() ? " a step; this asks for " + print(limit.figure(), limit.most()) : "";
    }

    private static String print(Figure figure, double value) {
        return switch (figure) {
            case TIME, MODEL -> Seconds.of(value).toString();
            case ENERGY -> Joules.of(value).toString();
            case MONEY -> Dollars.of(value).toString();
            case CARBON -> GramsOfCarbon.of(value).toString();
            case DEVICES -> Math.round(value) + " devices";
            case MEMORY -> Bytes.of(Math.round(value)).toString();
        };
    }

    /** Nothing the spec asks for can be dropped: the job itself has no legal plan. */
    private Conflict ofNothing() {
        String reason = plans.clash(Asks.NOTHING)
                .map(clash -> clash.message() + ": " + clash.note())
                .orElse("no combination of techniques is legal");
        return new Conflict("the job", job.origin(), reason, Optional.empty());
    }
}
