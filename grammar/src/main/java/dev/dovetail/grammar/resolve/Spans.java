package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.syntax.Entry;
import dev.dovetail.grammar.syntax.SourceSpan;

/** Places that messages about an entry point at. */
final class Spans {
    private Spans() {}

    /** Where a value that is missing would stand. */
    static SourceSpan behindAtoms(Entry entry) {
        return entry.atoms().getLast().span().after();
    }

    /** The name and values, without the block. */
    static SourceSpan headline(Entry entry) {
        return Origins.span(entry.atoms());
    }
}
