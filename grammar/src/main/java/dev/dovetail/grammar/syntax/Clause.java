package dev.dovetail.grammar.syntax;

import java.util.List;

/** Part of a definition's headline: {@code from "config.json"}, {@code extends a100}, {@code of jamba}. */
public record Clause(ClauseKind kind, Label target, SourceSpan span) implements Node {
    @Override
    public List<Node> children() {
        return List.of(target);
    }
}
