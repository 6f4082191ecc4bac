package dev.dovetail.grammar.syntax;

import java.util.List;

/** One item of a list. */
public record Phrase(List<Atom> atoms, SourceSpan span) implements Node {
    public Phrase {
        atoms = List.copyOf(atoms);
    }

    @Override
    public List<Node> children() {
        return List.copyOf(atoms);
    }
}
