package dev.dovetail.grammar.syntax;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Gives a name to a thing: {@code model jamba from "config.json" { … }}. */
public record Definition(
        DefinitionKind kind, Label name, List<Clause> clauses, Optional<Block> block, Trivia trivia, SourceSpan span)
        implements Declaration {
    public Definition {
        clauses = List.copyOf(clauses);
    }

    /** The target of the first clause of that kind. */
    public Optional<Label> clause(ClauseKind wanted) {
        return clauses.stream()
                .filter(clause -> clause.kind() == wanted)
                .map(Clause::target)
                .findFirst();
    }

    /** The entries of the block; none without one. */
    public List<Entry> entries() {
        return block.map(Block::entries).orElse(List.of());
    }

    @Override
    public List<Node> children() {
        List<Node> children = new ArrayList<>();
        children.add(name);
        children.addAll(clauses);
        block.ifPresent(children::add);
        return List.copyOf(children);
    }
}
