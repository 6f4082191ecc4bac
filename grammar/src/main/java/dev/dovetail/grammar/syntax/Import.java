package dev.dovetail.grammar.syntax;

import java.util.List;

/** {@code import "clusters/dgx.dove"}: brings the definitions of another spec into this one. */
public record Import(StringAtom path, Trivia trivia, SourceSpan span) implements Declaration {
    @Override
    public List<Node> children() {
        return List.of(path);
    }
}
