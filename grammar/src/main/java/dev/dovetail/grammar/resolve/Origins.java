package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.syntax.Atom;
import dev.dovetail.grammar.syntax.Node;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.ir.spec.Origin;
import java.util.List;

/** Places of the syntax tree as the nouns keep them. */
final class Origins {
    private Origins() {}

    static Origin of(Node node) {
        return of(node.span());
    }

    static Origin of(SourceSpan span) {
        return new Origin(span.file(), span.line(), span.column(), span.length());
    }

    /** From the first to the last of some atoms. */
    static SourceSpan span(List<Atom> atoms) {
        return atoms.getFirst().span().through(atoms.getLast().span());
    }

    /** The span back from an origin; its offset is unknown, so it can be shown but not sliced. */
    static SourceSpan span(Origin origin) {
        return new SourceSpan(origin.file(), origin.line(), origin.column(), 0, origin.length());
    }
}
