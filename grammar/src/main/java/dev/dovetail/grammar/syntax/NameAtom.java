package dev.dovetail.grammar.syntax;

import java.util.List;

/** A word: a name, a unit, or a word of the entry's own small grammar. */
public record NameAtom(String text, SourceSpan span) implements Atom {
    @Override
    public List<Node> children() {
        return List.of();
    }
}
