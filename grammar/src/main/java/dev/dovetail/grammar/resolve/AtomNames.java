package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.GroupAtom;
import dev.dovetail.grammar.syntax.ListAtom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.NumberAtom;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.PathAtom;
import dev.dovetail.grammar.syntax.StringAtom;

/** Atoms as messages quote them. */
final class AtomNames {
    private AtomNames() {}

    static String of(Atom atom) {
        return switch (atom) {
            case NumberAtom number -> number.text();
            case NameAtom name -> name.text();
            case PathAtom path -> path.text();
            case StringAtom string -> StringAtom.quote(string.value());
            case OperatorAtom operator -> operator.operator().symbol();
            case ListAtom ignored -> "[";
            case GroupAtom ignored -> "(";
        };
    }
}
