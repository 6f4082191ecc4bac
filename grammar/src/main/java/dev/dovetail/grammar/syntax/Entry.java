package dev.dovetail.grammar.syntax;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One statement of a block: {@code attention { heads 32 }}, {@code batch 1536 sequences}. The first atom is its name, or a
 * number where the entry counts something ({@code 8 of a100_sxm_80gb}).
 */
public record Entry(List<Atom> atoms, Optional<Block> block, Trivia trivia, SourceSpan span) implements Node {
    public Entry {
        atoms = List.copyOf(atoms);
        if (atoms.isEmpty()) {
            throw new IllegalArgumentException("an entry has at least one atom, at " + span);
        }
    }

    public Atom head() {
        return atoms.getFirst();
    }

    /** The word the entry goes by; "" for an entry that begins with a number. */
    public String keyword() {
        return switch (head()) {
            case NameAtom name -> name.text();
            case PathAtom path -> path.text();
            case NumberAtom ignored -> "";
            case StringAtom ignored -> "";
            case OperatorAtom ignored -> "";
            case ListAtom ignored -> "";
            case GroupAtom ignored -> "";
        };
    }

    /** The atoms behind the name; all of them for an entry that begins with a number. */
    public List<Atom> values() {
        return keyword().isEmpty() ? atoms : atoms.subList(1, atoms.size());
    }

    /** The entries of the block; none without one. */
    public List<Entry> entries() {
        return block.map(Block::entries).orElse(List.of());
    }

    @Override
    public List<Node> children() {
        List<Node> children = new ArrayList<>(atoms);
        block.ifPresent(children::add);
        return List.copyOf(children);
    }
}
