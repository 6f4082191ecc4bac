package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.NameAtom;
import dev.dovetail.grammar.syntax.Operator;
import dev.dovetail.grammar.syntax.OperatorAtom;
import dev.dovetail.grammar.syntax.SourceSpan;
import java.util.List;

/** Reads the flat atoms of one entry or list item from left to right. */
final class AtomCursor {
    private final List<Atom> atoms;
    private final SourceSpan behind;
    private int position;

    /** {@code behind} is where something is missing when the atoms run out. */
    AtomCursor(List<Atom> atoms, SourceSpan behind) {
        this.atoms = atoms;
        this.behind = behind;
    }

    boolean atEnd() {
        return position == atoms.size();
    }

    int position() {
        return position;
    }

    void rewind(int to) {
        position = to;
    }

    Atom next() {
        return atoms.get(position++);
    }

    /** What was read since {@code start}. */
    SourceSpan spanFrom(int start) {
        return position > start ? Origins.span(atoms.subList(start, position)) : here();
    }

    /** The next atom's place, or the place behind the last. */
    SourceSpan here() {
        return atEnd() ? behind : atoms.get(position).span();
    }

    boolean isNext(Class<? extends Atom> type) {
        return isAt(0, type);
    }

    boolean isAt(int ahead, Class<? extends Atom> type) {
        return position + ahead < atoms.size() && type.isInstance(atoms.get(position + ahead));
    }

    Atom peek() {
        return atoms.get(position);
    }

    Atom peek(int ahead) {
        return atoms.get(position + ahead);
    }

    boolean isOperator(Operator operator) {
        return isNext(OperatorAtom.class) && ((OperatorAtom) peek()).operator() == operator;
    }

    boolean isWord(String word) {
        boolean named = isNext(NameAtom.class) && ((NameAtom) peek()).text().equals(word);
        return named || Operator.of(word).map(this::isOperator).orElse(false);
    }

    /** Takes the word if it is next. */
    boolean take(String word) {
        if (isWord(word)) {
            position++;
            return true;
        }
        return false;
    }

    void expect(String word) {
        if (!take(word)) {
            throw new Mistake(expected("`" + word + "`"));
        }
    }

    void expectEnd() {
        if (!atEnd()) {
            throw new Mistake(Diagnostic.error(
                    DiagnosticCode.WRONG_VALUE, here(), "expected the end of the entry, found " + found()));
        }
    }

    Diagnostic expected(String what) {
        return Diagnostic.error(DiagnosticCode.WRONG_VALUE, here(), "expected " + what + ", found " + found());
    }

    private String found() {
        return atEnd() ? "nothing" : "`" + AtomNames.of(peek()) + "`";
    }
}
