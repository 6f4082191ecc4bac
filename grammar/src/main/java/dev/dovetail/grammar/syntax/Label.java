package dev.dovetail.grammar.syntax;

import java.util.List;

/** The name of something declared: a word, or a catalogue entry in quotes. */
public record Label(String text, boolean quoted, SourceSpan span) implements Node {
    @Override
    public List<Node> children() {
        return List.of();
    }
}
