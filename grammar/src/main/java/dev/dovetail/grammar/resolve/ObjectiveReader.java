package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** {@code minimize time then energy} and {@code require memory <= 95% of hbm}. */
final class ObjectiveReader {
    private static final String MEMORY = "memory";
    private static final String SURVIVE = "survive";
    private static final int MOST_FAILURES = 1000;
    private static final List<String> OBJECTIVES =
            Arrays.stream(Objective.values()).map(ObjectiveReader::word).toList();
    /** What the best plan is called; which word fits depends on the objective, and none misleads. */
    private static final Set<String> BEST = Set.of("fastest", "least", "best", "cheapest", "smallest", "cleanest");

    private final Diagnostics diagnostics;

    ObjectiveReader(Diagnostics diagnostics) {
        this.diagnostics = diagnostics;
    }

    /** Time where nothing is said. */
    List<Objective> minimized(Optional<Entry> entry) {
        return entry.map(this::minimized).orElse(List.of(Objective.TIME));
    }

    private List<Objective> minimized(Entry entry) {
        List<Objective> objectives = new ArrayList<>();
        try {
            AtomCursor cursor = new AtomCursor(entry.values(), Spans.behindAtoms(entry));
            do {
                objectives.add(objective(cursor));
            } while (cursor.take("then"));
            cursor.expectEnd();
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
        }
        return objectives.stream().distinct().toList();
    }

    /** {@code pareto [time, energy]}; nothing where it is not said. */
    List<Objective> front(Optional<Entry> entry) {
        return entry.map(this::front).orElse(List.of());
    }

    private List<Objective> front(Entry entry) {
        List<Objective> objectives = new ArrayList<>();
        try {
            AtomCursor cursor = new AtomCursor(entry.values(), Spans.behindAtoms(entry));
            if (!cursor.isNext(ListAtom.class)) {
                throw new Mistake(
                        cursor.expected("a list of what to trade").withHelp("such as `pareto [time, energy]`"));
            }
            ListAtom list = (ListAtom) cursor.next();
            cursor.expectEnd();
            for (Phrase item : list.items()) {
                AtomCursor inner = new AtomCursor(item.atoms(), item.span().after());
                objectives.add(objective(inner));
                inner.expectEnd();
            }
            if (objectives.stream().distinct().count() < 2) {
                throw new Mistake(Diagnostic.error(
                                DiagnosticCode.OUT_OF_RANGE, list.span(), "a front trades two objectives or more")
                        .withHelp("such as `pareto [time, energy]`"));
            }
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
        }
        return objectives.stream().distinct().toList();
    }

    private static Objective objective(AtomCursor cursor) {
        String expected = "one of " + String.join(", ", OBJECTIVES);
        if (!cursor.isNext(NameAtom.class)) {
            throw new Mistake(cursor.expected(expected));
        }
        String word = AtomNames.of(cursor.peek());
        Optional<Objective> objective = of(word);
        if (objective.isEmpty()) {
            throw new Mistake(cursor.expected(expected).withNearest(word, OBJECTIVES));
        }
        cursor.next();
        return objective.get();
    }

    /** One after the word, or several in a block. */
    List<Requirement> requirements(List<Entry> entries) {
        List<Requirement> requirements = new ArrayList<>();
        for (Entry entry : entries) {
            if (!entry.values().isEmpty()) {
                requirement(entry.values()).ifPresent(requirements::add);
            } else if (entry.entries().isEmpty()) {
                AtomCursor nothing = new AtomCursor(List.of(), Spans.behindAtoms(entry));
                diagnostics.report(
                        nothing.expected("a requirement").withHelp("such as `require memory <= 95% of hbm`"));
            }
            entry.entries().forEach(inner -> requirement(inner.atoms()).ifPresent(requirements::add));
        }
        return requirements;
    }

    private Optional<Requirement> requirement(List<Atom> atoms) {
        try {
            AtomCursor cursor = new AtomCursor(atoms, atoms.getLast().span().after());
            Requirement requirement = requirement(cursor, Origins.span(atoms));
            cursor.expectEnd();
            return Optional.of(requirement);
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
            return Optional.empty();
        }
    }

    private static Requirement requirement(AtomCursor cursor, SourceSpan span) {
        String subject = AtomNames.of(cursor.peek());
        Optional<Objective> objective = of(subject);
        if (NotYet.isPlanned("require", subject)) {
            throw new Mistake(Diagnostic.unsupported(span, "requiring `" + subject + "` is"));
        }
        if (objective.isEmpty() && !subject.equals(MEMORY) && !subject.equals(SURVIVE)) {
            throw new Mistake(unknown(cursor, subject));
        }
        if (subject.equals(SURVIVE)) {
            return survive(cursor, Origins.of(span));
        }
        cursor.next();
        if (!cursor.take("<=")) {
            throw new Mistake(cursor.expected("`<=`").withNote("a requirement bounds `" + subject + "` from above"));
        }
        Expressions.Valued bound = Expressions.read(cursor, Scope.EMPTY);
        if (bound.quantity().value() <= 0) {
            String never = bound.quantity().value() < 0 ? "` is never below 0" : "` is always above 0";
            throw new Mistake(Diagnostic.error(DiagnosticCode.OUT_OF_RANGE, bound.span(), "`" + subject + never));
        }
        return objective
                .map(bounded -> atMost(cursor, bounded, bound, Origins.of(span)))
                .orElseGet(() -> memory(cursor, bound, Origins.of(span)));
    }

    /** {@code survive 2 node failures}. */
    private static Requirement survive(AtomCursor cursor, Origin origin) {
        cursor.next();
        Expressions.Valued count = Expressions.read(cursor, Scope.EMPTY);
        cursor.expect("node");
        if (!cursor.take("failures")) {
            cursor.expect("failure");
        }
        double nodes = count.quantity().value();
        if (!count.quantity().isNumber() || nodes < 1 || nodes != Math.rint(nodes) || nodes > MOST_FAILURES) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            count.span(),
                            "`survive` expects a whole number of nodes from 1 to " + MOST_FAILURES + ", found "
                                    + count.quantity())
                    .withHelp("such as `survive 2 node failures`"));
        }
        return new Requirement.Survive((int) nodes, origin);
    }

    private static Requirement memory(AtomCursor cursor, Expressions.Valued bound, Origin origin) {
        if (bound.quantity().dimension().equals(Dimension.BYTES)) {
            return new Requirement.MemoryBytes(bound.quantity().asBytes(), origin);
        }
        requireDimension(bound, Dimension.NONE, "`memory` is bounded by a size or a share: `95% of hbm`");
        cursor.expect("of");
        if (!cursor.take("hbm") && !cursor.take(MEMORY)) {
            throw new Mistake(cursor.expected("`hbm`"));
        }
        if (bound.quantity().value() <= 0 || bound.quantity().value() > 1) {
            throw new Mistake(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE, bound.span(), "a share of memory is above 0 and at most 1")
                    .withHelp("such as `95% of hbm`"));
        }
        return new Requirement.MemoryShare(bound.quantity().value(), origin);
    }

    private static Requirement atMost(AtomCursor cursor, Objective objective, Expressions.Valued bound, Origin origin) {
        if (!cursor.take("of")) {
            requireDimension(bound, dimension(objective), "");
            return new Requirement.AtMost(objective, bound.quantity().value(), origin);
        }
        if (BEST.stream().noneMatch(cursor::take)) {
            throw new Mistake(cursor.expected("`fastest` or `least`"));
        }
        requireDimension(bound, Dimension.NONE, "a factor has no unit");
        if (bound.quantity().value() < 1) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.OUT_OF_RANGE,
                    bound.span(),
                    "no plan is below the best one: the factor is at least 1"));
        }
        return new Requirement.WithinFactorOfBest(objective, bound.quantity().value(), origin);
    }

    private static void requireDimension(Expressions.Valued bound, Dimension dimension, String help) {
        Quantity quantity = bound.quantity();
        if (!quantity.dimension().equals(dimension)) {
            String message = "expected " + dimension.inWords() + ", found " + quantity
                    + (quantity.isNumber() ? "" : ", " + quantity.dimension().inWords());
            Diagnostic wrong = Diagnostic.error(DiagnosticCode.WRONG_DIMENSION, bound.span(), message);
            throw new Mistake(help.isEmpty() ? wrong : wrong.withHelp(help));
        }
    }

    private static Dimension dimension(Objective objective) {
        return switch (objective) {
            case TIME -> Dimension.TIME;
            case ENERGY -> Dimension.ENERGY;
            case COST -> Dimension.MONEY;
            case GPUS -> Dimension.NONE;
            case CARBON -> Dimension.CARBON;
        };
    }

    private static Diagnostic unknown(AtomCursor cursor, String subject) {
        List<String> known =
                Stream.concat(OBJECTIVES.stream(), Stream.of(MEMORY, SURVIVE)).toList();
        return Diagnostic.error(
                        DiagnosticCode.UNKNOWN_NAME, cursor.here(), "nothing called `" + subject + "` can be required")
                .withNearest(subject, known)
                .withNote("there are " + String.join(", ", known));
    }

    private static Optional<Objective> of(String word) {
        return Arrays.stream(Objective.values())
                .filter(objective -> word(objective).equals(word))
                .findFirst();
    }

    private static String word(Objective objective) {
        return objective.name().toLowerCase(Locale.ROOT);
    }
}
