package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.Phrase;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** {@code fix { tensor 8, schedule 1f1b }} and {@code forbid [recompute]}. */
final class DecisionReader {
    /** Values of decisions that use no technique. */
    private static final Set<String> UNUSED = Set.of("1", "none", "off");

    static final List<Decision<?>> DECISIONS = List.of(
            Decision.TENSOR,
            Decision.SEQUENCE,
            Decision.PIPELINE,
            Decision.INTERLEAVE,
            Decision.CONTEXT,
            Decision.CONTEXT_EXCHANGE,
            Decision.EXPERT,
            Decision.EXPERT_TENSOR,
            Decision.EXPERT_SHARD,
            Decision.EXPERT_SEND,
            Decision.OVERLAP,
            Decision.DATA,
            Decision.SHARD,
            Decision.SHARD_GROUP,
            Decision.STAGES,
            Decision.NODES,
            Decision.MICROBATCH,
            Decision.RECOMPUTE,
            Decision.SCHEDULE,
            Decision.OFFLOAD,
            Decision.OFFLOAD_TO,
            Decision.FREQUENCY,
            Decision.PREPARE,
            Decision.PREPARE_HELPERS,
            Decision.PREPARE_STEPS,
            Decision.PREPARE_SHARE);

    private static final List<String> NAMES =
            DECISIONS.stream().map(Decision::name).toList();

    private final Diagnostics diagnostics;
    private final List<String> techniques;

    DecisionReader(Diagnostics diagnostics, List<String> techniques) {
        this.diagnostics = diagnostics;
        this.techniques = techniques;
    }

    Map<String, Fixed> fixed(Optional<Entry> fix) {
        Map<String, Fixed> fixed = new LinkedHashMap<>();
        Map<String, NameAtom> heads = new LinkedHashMap<>();
        fix.filter(entry -> !entry.values().isEmpty()).ifPresent(entry -> fix(entry.values(), fixed, heads));
        fix.ifPresent(entry -> entry.entries().forEach(inner -> fix(inner.atoms(), fixed, heads)));
        return fixed;
    }

    private void fix(List<Atom> atoms, Map<String, Fixed> fixed, Map<String, NameAtom> heads) {
        try {
            NameAtom head = head(atoms.getFirst());
            NameAtom earlier = heads.putIfAbsent(head.text(), head);
            if (earlier != null) {
                throw new Mistake(Diagnostic.error(
                                DiagnosticCode.REPEATED_ENTRY, head.span(), "`" + head.text() + "` is fixed twice")
                        .withRelated(earlier.span(), "first fixed here"));
            }
            fixed.put(head.text(), value(head, atoms));
        } catch (Mistake mistake) {
            diagnostics.report(mistake.diagnostic());
        }
    }

    private static NameAtom head(Atom atom) {
        String word = AtomNames.of(atom);
        if (atom instanceof NameAtom name && NAMES.contains(word)) {
            return name;
        }
        if (NotYet.isPlanned("fix", word)) {
            throw new Mistake(Diagnostic.unsupported(atom.span(), "fixing `" + word + "` is"));
        }
        throw new Mistake(
                Diagnostic.error(DiagnosticCode.UNKNOWN_NAME, atom.span(), "no decision is called `" + word + "`")
                        .withNearest(word, NAMES)
                        .withNote("there are " + String.join(", ", NAMES)));
    }

    private static Fixed value(NameAtom head, List<Atom> atoms) {
        List<Atom> values = atoms.subList(1, atoms.size());
        AtomCursor cursor = new AtomCursor(values, head.span().after());
        String text = cursor.isNext(ListAtom.class) ? list(cursor, head.text()) : word(cursor, head.text());
        cursor.expectEnd();
        Decision<?> decision = DECISIONS.stream()
                .filter(known -> known.name().equals(head.text()))
                .findFirst()
                .orElseThrow();
        try {
            return new Fixed(canonical(decision, text), Origins.of(Origins.span(atoms)));
        } catch (IllegalArgumentException wrong) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.WRONG_VALUE, Origins.span(values), "`" + head.text() + "`: " + wrong.getMessage()));
        }
    }

    private static String word(AtomCursor cursor, String name) {
        return cursor.isNext(NameAtom.class) ? AtomNames.of(cursor.next()) : number(cursor, name);
    }

    /** {@code [6, 6, 5]}, {@code [2 x 6, 5]} or {@code [4 x full, 20 x none]}. */
    private static String list(AtomCursor cursor, String name) {
        ListAtom list = (ListAtom) cursor.next();
        return list.items().stream()
                .map(item -> {
                    AtomCursor inside = new AtomCursor(item.atoms(), list.span().after());
                    String text = word(inside, name);
                    if (!inside.atEnd() && AtomNames.of(inside.peek()).equals("x")) {
                        inside.next();
                        text += " x " + word(inside, name);
                    }
                    inside.expectEnd();
                    return text;
                })
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static <T> String canonical(Decision<T> decision, String text) {
        return decision.print().apply(decision.parse().apply(text));
    }

    /** A frequency may carry its unit; decisions hold it in MHz. */
    private static String number(AtomCursor cursor, String name) {
        if (!cursor.isNext(NumberAtom.class)) {
            throw new Mistake(cursor.expected("a value for `" + name + "`"));
        }
        Expressions.Valued valued = Expressions.read(cursor, Scope.EMPTY);
        Quantity quantity = valued.quantity();
        boolean frequency =
                name.equals(Decision.FREQUENCY.name()) && quantity.dimension().equals(Dimension.RATE);
        double value = frequency ? quantity.value() / 1e6 : quantity.value();
        if (!frequency && !quantity.isNumber() || value != Math.rint(value)) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.WRONG_VALUE,
                    valued.span(),
                    "`" + name + "` expects a whole number, found " + quantity));
        }
        return Long.toString(Math.round(value));
    }

    /** Techniques by name, bare or in a list: {@code forbid [interleave, recompute]}. */
    /** @param fixed what the same job fixes: nobody can use a technique and forbid it */
    List<String> techniques(Optional<Entry> entry, Map<String, Fixed> fixed) {
        List<String> names = new ArrayList<>();
        entry.ifPresent(said -> said.values().forEach(atom -> addTechniques(atom, fixed, names)));
        return names;
    }

    private void addTechniques(Atom atom, Map<String, Fixed> fixed, List<String> names) {
        if (atom instanceof ListAtom list) {
            list.items().stream()
                    .map(Phrase::atoms)
                    .forEach(atoms -> atoms.forEach(inner -> addTechniques(inner, fixed, names)));
        } else if (atom instanceof NameAtom name && techniques.contains(name.text())) {
            Optional.ofNullable(fixed.get(name.text()))
                    .filter(value -> !UNUSED.contains(value.value()))
                    .ifPresent(value -> diagnostics.report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    atom.span(),
                                    "`" + name.text() + "` is forbidden here and used by `fix { " + name.text() + " "
                                            + value.value() + " }`")
                            .withHelp("leave one of them out")));
            names.add(name.text());
        } else {
            diagnostics.report(unknownTechnique(atom));
        }
    }

    private Diagnostic unknownTechnique(Atom atom) {
        String word = AtomNames.of(atom);
        if (NotYet.isPlanned("techniques", word)) {
            return Diagnostic.unsupported(atom.span(), "the technique `" + word + "` is");
        }
        return Diagnostic.error(DiagnosticCode.UNKNOWN_NAME, atom.span(), "no technique is called `" + word + "`")
                .withNearest(word, techniques)
                .withNote("there are " + String.join(", ", techniques));
    }
}
