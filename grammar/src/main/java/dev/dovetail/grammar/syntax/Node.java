package dev.dovetail.grammar.syntax;

import java.util.List;

/** A piece of a spec as written. */
public sealed interface Node permits SpecFile, Declaration, Label, Clause, Block, Entry, Atom, Phrase {
    SourceSpan span();

    /** The pieces directly inside, in source order. */
    List<Node> children();
}
