package dev.dovetail.grammar.syntax;

import java.util.List;

/** {@code [decode, crop, flip]}; each item is a phrase of one or more atoms. */
public record ListAtom(List<Phrase> items, SourceSpan span) implements Atom {
    public ListAtom {
        items = List.copyOf(items);
    }

    @Override
    public List<Node> children() {
        return List.copyOf(items);
    }
}
