package dev.dovetail.grammar.diagnostic;

import java.util.ArrayList;
import java.util.List;

/** Gathers the mistakes of one reading of a spec. Reporting never stops the reading: all mistakes come out at once. */
public final class Diagnostics {
    private final List<Diagnostic> found = new ArrayList<>();

    public void report(Diagnostic diagnostic) {
        found.add(diagnostic);
    }

    public void reportAll(Iterable<Diagnostic> diagnostics) {
        diagnostics.forEach(this::report);
    }

    /** How many errors were reported so far, repetitions included; growth means that what was just read is wrong. */
    public long errors() {
        return found.stream()
                .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
                .count();
    }

    /** In order of place, each once. */
    public List<Diagnostic> sorted() {
        return found.stream().sorted().distinct().toList();
    }
}
