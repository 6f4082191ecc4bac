package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Conflict;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.technique.Clash;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds a smallest set of fixes and requirements that leaves no plan: drops one after the other and keeps dropped what was
 * not needed for the clash (the deletion filter of Chinneck and Dravnieks 1991). Where every test is an exhaustive search, the
 * set is minimal: without any one of its members there is a plan. A test that ends at its budget drops nothing, and the
 * conflicts say so.
 *
 * <p>Finding the set and saying how to relax it are one class because both ask the same remembered searches.
 */
final class ConflictFinder {
    /** Nodes that one search visits at most. */
    static final long BUDGET = 2_000_000;

    /** Values tried for a fix, nearest first. */
    private static final int TRIES = 48;

    private final TrainJob job;
    private final TechniqueCatalog techniques;
    private final BiFunction<Problem, Focus, TrainAppraiser> appraisers;
    private final List<Limit> limits;
    private final long budget;
    private final Map<List<String>, Answer> known = new LinkedHashMap<>();
    private final Map<Outlook, TrainAppraiser> made = new LinkedHashMap<>();

    /** What figures and bounds depend on, of all that is asked. */
    private record Outlook(Focus focus, Optional<Fixed> stages, Optional<Fixed> recompute, boolean keepsAll) {}

    /** Whether there is a plan. */
    private enum Answer {
        SOME,
        NONE,
        /** The search ended at its budget. */
        UNKNOWN
    }

    /**
     * What is asked for: decisions fixed, techniques forbidden, limits.
     *
     * @param survived failures of nodes at once
     */
    private record Asks(Map<String, Fixed> fixed, List<String> forbidden, List<Limit> limits, int survived) {
        static final Asks NOTHING = new Asks(Map.of(), List.of(), List.of(), 0);

        Asks without(Limit limit) {
            return new Asks(
                    fixed,
                    forbidden,
                    limits.stream().filter(l -> !l.equals(limit)).toList(),
                    survived);
        }

        Asks surviving(int failures) {
            return new Asks(fixed, forbidden, limits, failures);
        }

        Asks withoutFix(String name) {
            var rest = new LinkedHashMap<>(fixed);
            rest.remove(name);
            return new Asks(rest, forbidden, limits, survived);
        }

        Asks withoutForbidding(String name) {
            return new Asks(
                    fixed, forbidden.stream().filter(f -> !f.equals(name)).toList(), limits, survived);
        }

        Asks fixing(String name, String value) {
            var changed = new LinkedHashMap<>(fixed);
            changed.put(name, new Fixed(value, fixed.get(name).origin()));
            return new Asks(changed, forbidden, limits, survived);
        }
    }

    ConflictFinder(
            TrainJob job,
            List<Limit> limits,
            TechniqueCatalog techniques,
            BiFunction<Problem, Focus, TrainAppraiser> appraisers,
            long budget) {
        this.job = job;
        this.techniques = techniques;
        this.appraisers = appraisers;
        this.limits = limits;
        this.budget = budget;
    }

    List<Conflict> find() {
        Asks all = new Asks(sorted(job.fixed()), job.forbidden(), limits, job.survivedFailures());
        Asks core = filter(all);
        var conflicts = new ArrayList<Conflict>();
        core.fixed().forEach((name, fixed) -> conflicts.add(ofFix(all, core, name, fixed)));
        core.forbidden().forEach(name -> conflicts.add(ofForbidding(name)));
        core.limits().forEach(limit -> conflicts.add(ofLimit(all, limit)));
        if (core.survived() > 0) {
            conflicts.add(ofSurvival(all, core.survived()));
        }
        if (conflicts.isEmpty()) {
            return List.of(ofNothing());
        }
        return known.containsValue(Answer.UNKNOWN)
                ? conflicts.stream().map(ConflictFinder::unsure).toList()
                : conflicts;
    }

    private static Conflict unsure(Conflict conflict) {
        String reason =
                conflict.reason() + " (a search ended at its budget: what is named here leaves no plan together, but "
                        + "perhaps not all of it is needed)";
        return new Conflict(conflict.said(), conflict.origin(), reason, conflict.relaxation());
    }

    private static Map<String, Fixed> sorted(Map<String, Fixed> fixed) {
        var sorted = new LinkedHashMap<String, Fixed>();
        fixed.keySet().stream().sorted().forEach(name -> sorted.put(name, fixed.get(name)));
        return sorted;
    }

    /** Limits go first: what people fix is more often what they meant. */
    private Asks filter(Asks all) {
        Asks core = keepIfNeeded(all, all.surviving(0));
        for (Limit limit : all.limits()) {
            core = keepIfNeeded(core, core.without(limit));
        }
        for (String name : all.forbidden()) {
            core = keepIfNeeded(core, core.withoutForbidding(name));
        }
        for (String name : all.fixed().keySet()) {
            core = keepIfNeeded(core, core.withoutFix(name));
        }
        return core;
    }

    private Asks keepIfNeeded(Asks core, Asks smaller) {
        return answer(smaller) == Answer.NONE ? smaller : core;
    }

    // --- searches
    // ---------------------------------------------------------------------------------------------------------

    /** Whether a plan was found, which a search that ended at its budget did not. */
    private boolean feasible(Asks asks) {
        return answer(asks) == Answer.SOME;
    }

    private Answer answer(Asks asks) {
        var key = new ArrayList<String>();
        asks.fixed().forEach((name, fixed) -> key.add(name + "=" + fixed.value()));
        key.addAll(asks.forbidden());
        key.add("survive " + asks.survived());
        asks.limits().forEach(limit -> key.add(limit.said() + limit.origin()));
        return known.computeIfAbsent(key, k -> search(asks));
    }

    private Answer search(Asks asks) {
        SearchResult result = BranchAndBound.findAny(
                space(asks), appraiser(asks, Figure.MEMORY), Goal.least(Figure.MEMORY, asks.limits()), budget);
        if (!result.best().isEmpty()) {
            return Answer.SOME;
        }
        return result.exhausted() ? Answer.NONE : Answer.UNKNOWN;
    }

    private Problem problem(Asks asks) {
        return Problem.of(job.with(asks.fixed(), asks.forbidden()).surviving(asks.survived()));
    }

    private Space space(Asks asks, TrainAppraiser appraiser) {
        return new Space(problem(asks), techniques, appraiser);
    }

    /** For looking at what is legal; what anything costs decides only which values are tried. */
    private Space space(Asks asks) {
        return space(asks, appraiser(asks, Figure.MEMORY));
    }

    /** Figures hardly depend on what is asked, so searches with one focus share an appraiser. */
    private TrainAppraiser appraiser(Asks asks, Figure minimised) {
        var outlook = new Outlook(
                Focus.of(List.of(minimised), asks.limits()),
                Optional.ofNullable(asks.fixed().get(Decision.STAGES.name())),
                Optional.ofNullable(asks.fixed().get(Decision.RECOMPUTE.name())),
                asks.forbidden().contains(Decision.RECOMPUTE.name()));
        return made.computeIfAbsent(outlook, key -> appraisers.apply(problem(asks), key.focus()));
    }

    private SearchResult least(Figure figure, Asks asks) {
        TrainAppraiser appraiser = appraiser(asks, figure);
        return BranchAndBound.search(space(asks, appraiser), appraiser, Goal.least(figure, asks.limits()), 1, budget);
    }

    // --- what is said about each
    // ------------------------------------------------------------------------------------------

    /** Measured against all else that is asked, so that the change alone is enough. */
    private Conflict ofLimit(Asks all, Limit limit) {
        SearchResult found = least(limit.figure(), all.without(limit));
        Optional<Candidate> least = found.best().stream().findFirst();
        String reason = least.map(best -> "no plan that holds the rest needs less than "
                        + print(limit.figure(), found.bound().orElseThrow())
                        + shortage(all, limit, best))
                .orElse(found.exhausted() ? "no plan holds the rest either" : "no plan was found that holds the rest");
        return new Conflict(limit.said(), limit.origin(), reason, least.flatMap(best -> relaxed(all, limit, best)));
    }

    /** Of the plan that comes nearest: where it does not fit, and why. */
    private String shortage(Asks all, Limit limit, Candidate least) {
        boolean memory = limit.figure() == Figure.MEMORY;
        return memory
                ? ": "
                        + Shortage.of(
                                job,
                                least.decisions(),
                                appraiser(all, limit.figure()).layerSource(),
                                limit.most())
                : "";
    }

    private Optional<String> relaxed(Asks all, Limit limit, Candidate least) {
        double needed = least.figures().get(limit.figure());
        String amount = print(limit.figure(), needed);
        if (limit.figure() != Figure.MEMORY) {
            return Optional.of(amount + " a step instead of " + print(limit.figure(), limit.most()));
        }
        double share = needed / job.cluster().node().device().memory().count();
        return share > 1
                ? moreNodes(all)
                : Optional.of("memory <= " + String.format(Locale.ROOT, "%.1f%%", Math.ceil(share * 1000) / 10)
                        + " of hbm (" + amount + ", with " + least.decisions() + ")");
    }

    /** The fewest nodes that leave a plan; every plan for fewer is one for more, with devices idle. */
    private Optional<String> moreNodes(Asks all) {
        int have = job.cluster().groups().getFirst().count();
        int enough = have;
        while (!feasibleOn(all, enough)) {
            if (enough > 64 * have) {
                return Optional.empty();
            }
            enough *= 2;
        }
        int tooFew = enough / 2;
        while (enough - tooFew > 1) {
            int middle = (enough + tooFew) / 2;
            if (feasibleOn(all, middle)) {
                enough = middle;
            } else {
                tooFew = middle;
            }
        }
        return Optional.of("nodes " + enough + " instead of " + have);
    }

    private boolean feasibleOn(Asks all, int nodes) {
        TrainJob larger = job.on(job.cluster().withNodes(nodes));
        return new ConflictFinder(larger, all.limits(), techniques, appraisers, budget).feasible(all);
    }

    private static String print(Figure figure, double value) {
        return switch (figure) {
            case TIME, MODEL -> dev.dovetail.ir.units.Seconds.of(value).toString();
            case ENERGY -> dev.dovetail.ir.units.Joules.of(value).toString();
            case MONEY -> dev.dovetail.ir.units.Dollars.of(value).toString();
            case CARBON -> dev.dovetail.ir.units.GramsOfCarbon.of(value).toString();
            case DEVICES -> Math.round(value) + " devices";
            case MEMORY -> Bytes.of(Math.round(value)).toString();
        };
    }

    private Conflict ofFix(Asks all, Asks core, String name, Fixed fixed) {
        String reason = clash(core)
                .filter(c -> c.decision().equals(name) || core.limits().isEmpty())
                .map(c -> c.message() + ": " + c.note())
                .orElse("no plan with " + name + " " + fixed.value() + " holds the rest");
        return new Conflict(name + " " + fixed.value(), fixed.origin(), reason, nearest(all, name, fixed));
    }

    /** The most failures that leave a plan are fewer than asked. */
    private Conflict ofSurvival(Asks all, int failures) {
        Optional<String> fewer = IntStream.iterate(failures - 1, k -> k > 0, k -> k - 1)
                .filter(k -> feasible(all.surviving(k)))
                .mapToObj(k -> "survive " + k + " node failures")
                .findFirst();
        return new Conflict(
                "survive " + failures + " node failures",
                job.survival().orElseThrow().origin(),
                job.cluster().mixed()
                        ? "pipeline templates are made of nodes that are alike; of several kinds they are not supported yet"
                        : "no plan that holds the rest has " + (failures + 1) + " whole copies on nodes of their own",
                fewer.or(() -> feasible(all.surviving(0)) ? Optional.of("leave it out") : Optional.empty()));
    }

    private Conflict ofForbidding(String name) {
        return new Conflict(
                "forbid " + name,
                job.origin(),
                "every plan that holds the rest uses " + name,
                Optional.of("allow " + name));
    }

    /** Nothing the spec asks for can be dropped: the job itself has no legal plan. */
    private Conflict ofNothing() {
        String reason = clash(Asks.NOTHING)
                .map(c -> c.message() + ": " + c.note())
                .orElse("no combination of techniques is legal");
        return new Conflict("the job", job.origin(), reason, Optional.empty());
    }

    /** The refusal that comes furthest down the decisions: the nearest to a plan. */
    private Optional<Clash> clash(Asks asks) {
        Space space = space(asks);
        List<Decisions> open = List.of(Decisions.none());
        for (int depth = 0; depth < space.depth(); depth++) {
            var legal = new ArrayList<Decisions>();
            Optional<Clash> last = Optional.empty();
            for (Decisions before : open) {
                for (Decisions decisions : space.branches(before, depth).list()) {
                    Optional<Clash> clash = space.clash(decisions, depth);
                    last = last.isPresent() ? last : clash;
                    if (clash.isEmpty() && legal.size() < 5_000) {
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

    /** The value nearest to the one fixed that leaves a plan. */
    private Optional<String> nearest(Asks all, String name, Fixed fixed) {
        return candidates(name, fixed)
                .filter(value -> !value.equals(fixed.value()))
                .limit(TRIES)
                .filter(value -> feasible(all.fixing(name, value)))
                .findFirst()
                .map(value -> name + " " + value);
    }

    private Stream<String> candidates(String name, Fixed fixed) {
        Decision<?> decision = space(Asks.NOTHING).decisions().stream()
                .filter(d -> d.name().equals(name))
                .findFirst()
                .orElseThrow();
        if (decision.parse().apply(fixed.value()) instanceof Integer value) {
            int most = Math.max(job.cluster().devices(), job.batch());
            return IntStream.rangeClosed(1, most)
                    .boxed()
                    .sorted(Comparator.comparingDouble(v -> Math.abs(Math.log((double) v / value))))
                    .filter(v -> plausible(decision, v))
                    .map(Object::toString);
        }
        return Stream.of(
                        "off",
                        "on",
                        "none",
                        "optimizer",
                        "gradients",
                        "parameters",
                        "selective",
                        "full",
                        "1f1b",
                        "gpipe",
                        "interleaved")
                .filter(text -> parses(decision, text));
    }

    private static boolean parses(Decision<?> decision, String text) {
        try {
            Object value = decision.parse().apply(text);
            return !value.toString().isEmpty();
        } catch (IllegalArgumentException notOne) {
            return false;
        }
    }

    /** Whether a technique would not refuse the value by itself. */
    private boolean plausible(Decision<?> decision, int value) {
        Problem problem = problem(Asks.NOTHING);
        @SuppressWarnings("unchecked") // the caller has seen an Integer among its values
        Decisions alone = Decisions.none().with((Decision<Integer>) decision, value);
        return techniques.techniques().stream()
                .allMatch(technique -> technique.clash(problem, alone).isEmpty());
    }
}
