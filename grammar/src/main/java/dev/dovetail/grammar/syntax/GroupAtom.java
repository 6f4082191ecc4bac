package dev.dovetail.grammar.syntax;

import java.util.List;

/** Atoms in parentheses. */
public record GroupAtom(List<Atom> atoms, SourceSpan span) implements Atom {
    public GroupAtom {
        atoms = List.copyOf(atoms);
    }

    @Override
    public List<Node> children() {
        return List.copyOf(atoms);
    }
}
