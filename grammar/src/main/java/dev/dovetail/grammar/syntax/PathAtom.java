package dev.dovetail.grammar.syntax;

import java.util.List;

/** Names joined by dots, perhaps ending in a star: {@code attention.q}, {@code mlp.*}. */
public record PathAtom(String text, SourceSpan span) implements Atom {
    public List<String> parts() {
        return List.of(text.split("\\."));
    }

    @Override
    public List<Node> children() {
        return List.of();
    }
}
