package dev.dovetail.grammar.diagnostic;

import dev.dovetail.grammar.syntax.SourceSpan;

/** A diagnostic as tools read it: one element of {@code errors} in {@code check --json}. */
public record DiagnosticRecord(
        String code, String message, String file, int line, int column, int length, String help) {

    public static DiagnosticRecord of(Diagnostic diagnostic) {
        SourceSpan span = diagnostic.primary().span();
        return new DiagnosticRecord(
                diagnostic.code().text(),
                diagnostic.message(),
                span.file(),
                span.line(),
                span.column(),
                span.length(),
                String.join("; ", diagnostic.helps()));
    }
}
