package dev.dovetail.grammar.format;

import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.StringAtom;
import java.util.List;
import java.util.stream.Collectors;

/** The canonical text of atoms: one space between, but none in units ({@code GB/s}) and behind a sign ({@code -1}). */
final class AtomText {
    private AtomText() {}

    static String of(Label label) {
        return label.quoted() ? StringAtom.quote(label.text()) : label.text();
    }

    static String of(Atom atom) {
        return switch (atom) {
            case NumberAtom number -> number.text();
            case NameAtom name -> name.text();
            case PathAtom path -> path.text();
            case StringAtom string -> StringAtom.quote(string.value());
            case OperatorAtom operator -> operator.operator().symbol();
            case ListAtom list ->
                list.items().stream().map(item -> of(item.atoms())).collect(Collectors.joining(", ", "[", "]"));
            case GroupAtom group -> "(" + of(group.atoms()) + ")";
        };
    }

    /** A whole entry: its name and values. */
    static String ofEntry(List<Atom> atoms) {
        return from(atoms, 0, 1);
    }

    /** The values of an entry, as they stand behind its name. */
    static String ofValues(List<Atom> atoms) {
        return from(atoms, 1, 1);
    }

    private static String of(List<Atom> atoms) {
        return from(atoms, 0, 0);
    }

    /** {@code values} is where an expression starts: a minus there is a sign. */
    private static String from(List<Atom> atoms, int first, int values) {
        StringBuilder text = new StringBuilder();
        for (int i = first; i < atoms.size(); i++) {
            boolean spaced = i > first && !inUnit(atoms, i) && !inUnit(atoms, i - 1) && !isSign(atoms, i - 1, values);
            text.append(spaced ? " " : "").append(of(atoms.get(i)));
        }
        return text.toString();
    }

    /** A slash behind a number or its unit and before another unit: {@code 300 GB/s}, {@code 40/s}. */
    private static boolean inUnit(List<Atom> atoms, int slash) {
        return isOperator(atoms, slash, Operator.DIVIDE)
                && slash + 1 < atoms.size()
                && atoms.get(slash + 1) instanceof NameAtom
                && (isNumber(atoms, slash - 1)
                        || isNumber(atoms, slash - 2) && atoms.get(slash - 1) instanceof NameAtom);
    }

    /** A minus before a number with nothing before it to take from. */
    private static boolean isSign(List<Atom> atoms, int minus, int values) {
        return isOperator(atoms, minus, Operator.MINUS)
                && isNumber(atoms, minus + 1)
                && (minus == values || atoms.get(minus - 1) instanceof OperatorAtom);
    }

    private static boolean isNumber(List<Atom> atoms, int index) {
        return index >= 0 && index < atoms.size() && atoms.get(index) instanceof NumberAtom;
    }

    private static boolean isOperator(List<Atom> atoms, int index, Operator operator) {
        return index >= 0 && atoms.get(index) instanceof OperatorAtom atom && atom.operator() == operator;
    }
}
