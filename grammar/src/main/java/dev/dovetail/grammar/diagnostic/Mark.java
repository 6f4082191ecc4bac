package dev.dovetail.grammar.diagnostic;

import dev.dovetail.grammar.syntax.SourceSpan;

/** A place in a spec and what to say there; the label may be empty. */
public record Mark(SourceSpan span, String label) {}
