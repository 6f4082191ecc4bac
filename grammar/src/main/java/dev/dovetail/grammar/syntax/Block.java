package dev.dovetail.grammar.syntax;

import java.util.List;

/**
 * Entries between braces.
 *
 * @param opening the comment behind the opening brace, "" without one
 * @param closing comments before the closing brace; "" is a blank line
 * @param inline whether the author wrote it on one line
 */
public record Block(List<Entry> entries, String opening, List<String> closing, boolean inline, SourceSpan span)
        implements Node {
    public Block {
        entries = List.copyOf(entries);
        closing = List.copyOf(closing);
    }

    @Override
    public List<Node> children() {
        return List.copyOf(entries);
    }
}
