package dev.dovetail.grammar.syntax;

import java.util.List;

/** An operator between atoms. */
public record OperatorAtom(Operator operator, SourceSpan span) implements Atom {
    @Override
    public List<Node> children() {
        return List.of();
    }
}
