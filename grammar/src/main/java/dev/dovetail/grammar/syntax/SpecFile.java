package dev.dovetail.grammar.syntax;

import java.util.List;

/** A whole spec: its declarations, and the comments after the last one ("" is a blank line). */
public record SpecFile(List<Declaration> declarations, List<String> closing, SourceSpan span) implements Node {
    public SpecFile {
        declarations = List.copyOf(declarations);
        closing = List.copyOf(closing);
    }

    @Override
    public List<Node> children() {
        return List.copyOf(declarations);
    }
}
