package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.Plan.DecidedBy;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.technique.Choice;
import dev.dovetail.optimizer.technique.Choice.Values;
import dev.dovetail.optimizer.technique.Clash;
import dev.dovetail.optimizer.technique.Outlook;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.Technique;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The decisions of all techniques in a row, each with the values left to it by the spec and by the decisions before. */
public final class Space {
    private final Problem problem;
    private final Outlook outlook;
    private final Map<String, List<String>> among;
    private final List<Level<?>> levels;
    /** Techniques that decide nothing themselves. */
    private final List<Technique> rules;

    private record Level<T>(Technique technique, Choice<T> choice) {}

    public Space(Problem problem, TechniqueCatalog catalog, Outlook outlook) {
        this(problem, catalog, outlook, Map.of());
    }

    /** @param among by decision, the values that are left to it, instead of those worth trying */
    Space(Problem problem, TechniqueCatalog catalog, Outlook outlook, Map<String, List<String>> among) {
        this.problem = problem;
        this.outlook = outlook;
        this.among = among;
        var all = new ArrayList<Level<?>>();
        List<Technique> concerned = catalog.techniques().stream()
                .filter(technique -> technique.concerns(problem))
                .toList();
        for (Technique technique : concerned) {
            technique.choices().forEach(choice -> all.add(new Level<>(technique, choice)));
        }
        this.levels = List.copyOf(all);
        this.rules = concerned.stream()
                .filter(technique -> technique.choices().isEmpty())
                .toList();
    }

    public int depth() {
        return levels.size();
    }

    /**
     * What a decision may lead to.
     *
     * @param list the decisions before with each value; legal or not
     * @param others what a step takes at least of a better completion that they do not lead to; infinite where there is none
     */
    public record Branches(List<Decisions> list, Seconds others) {
        public Branches {
            list = List.copyOf(list);
        }
    }

    public Branches branches(Decisions before, int depth) {
        return branches(before, levels.get(depth));
    }

    private <T> Branches branches(Decisions before, Level<T> level) {
        Decision<T> decision = level.choice().decision();
        Values<T> values = values(before, level);
        return new Branches(
                values.list().stream()
                        .map(value -> before.with(decision, value))
                        .toList(),
                values.others());
    }

    private <T> Values<T> values(Decisions before, Level<T> level) {
        Decision<T> decision = level.choice().decision();
        if (among.containsKey(decision.name())) {
            return new Values<>(
                    among.get(decision.name()).stream().map(decision.parse()).toList(), true);
        }
        Optional<Fixed> fixed = problem.fixed(decision);
        if (fixed.isPresent()) {
            return new Values<>(List.of(decision.parse().apply(fixed.get().value())), true);
        }
        Values<T> all = level.choice().domain().values(problem, before, outlook);
        return problem.forbids(level.technique())
                ? new Values<>(all.list().subList(0, Math.min(1, all.list().size())), true)
                : all;
    }

    /** Whether every further value of decision {@code depth} makes a plan slower. */
    boolean slowsDown(int depth) {
        return levels.get(depth).choice().slowsDown();
    }

    /** Whether the values of decision {@code depth} are worked out for the plan at hand, which takes longer than to bound it. */
    boolean refines(int depth) {
        return levels.get(depth).choice().refines();
    }

    /** Why the decision just taken at {@code depth} cannot be. */
    public Optional<Clash> clash(Decisions decisions, int depth) {
        return Stream.concat(Stream.of(levels.get(depth).technique()), rules.stream())
                .flatMap(technique -> technique.clash(problem, decisions).stream())
                .findFirst();
    }

    /** Why what the spec fixes is impossible whatever else is decided. */
    public Optional<Clash> clashOfFixed() {
        return levels.stream()
                .map(Level::technique)
                .distinct()
                .flatMap(technique -> technique.clashOfFixed(problem).stream())
                .findFirst();
    }

    /** The plan without decisions whose values make variants, not alternatives. */
    public Decisions kind(Decisions complete) {
        Decisions kind = Decisions.none();
        for (Level<?> level : levels) {
            kind = level.choice().refines() ? kind : copy(level.choice().decision(), complete, kind);
        }
        return kind;
    }

    private static <T> Decisions copy(Decision<T> decision, Decisions from, Decisions to) {
        return from.find(decision).map(value -> to.with(decision, value)).orElse(to);
    }

    /** Who took each decision of a complete plan, by name. */
    public Map<String, DecidedBy> decidedBy(Decisions complete) {
        var by = new LinkedHashMap<String, DecidedBy>();
        Decisions before = Decisions.none();
        for (Level<?> level : levels) {
            Decision<?> decision = level.choice().decision();
            boolean only = values(before, level).list().size() == 1;
            by.put(
                    decision.name(),
                    problem.fixed(decision).isPresent()
                            ? DecidedBy.FIXED
                            : only ? DecidedBy.DEFAULT : DecidedBy.SOLVED);
            before = copy(decision, complete, before);
        }
        return by;
    }

    public List<Decision<?>> decisions() {
        return levels.stream()
                .<Decision<?>>map(level -> level.choice().decision())
                .toList();
    }
}
