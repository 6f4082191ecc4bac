package dev.dovetail.grammar.parse;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import java.util.List;

/** The tree of a spec, as much of it as could be read, and everything wrong with its form. */
public record ParsedSpec(SourceText source, SpecFile file, List<Diagnostic> diagnostics) {
    public ParsedSpec {
        diagnostics = List.copyOf(diagnostics);
    }
}
