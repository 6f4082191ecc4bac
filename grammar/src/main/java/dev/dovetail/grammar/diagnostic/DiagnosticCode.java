package dev.dovetail.grammar.diagnostic;

import java.util.Locale;

/** The kinds of mistake; tools match on {@link #text}, people read the message. */
public enum DiagnosticCode {
    // Text that is not in the language.
    STRAY_CHARACTER,
    UNCLOSED_STRING,
    MALFORMED_NUMBER,
    UNCLOSED_BRACKET,
    UNMATCHED_BRACKET,
    MISPLACED_BRACE,
    MISSING_SEPARATOR,
    SYNTAX,
    MALFORMED_ENTRY,
    MALFORMED_DECLARATION,
    UNKNOWN_DECLARATION,
    // Names that lead nowhere, or to two places.
    UNKNOWN_NAME,
    UNKNOWN_ENTRY,
    UNKNOWN_UNIT,
    DUPLICATE_NAME,
    REPEATED_ENTRY,
    CYCLE,
    MISSING_FILE,
    // Entries that do not say what is needed.
    MISSING_ENTRY,
    WRONG_VALUE,
    WRONG_DIMENSION,
    OUT_OF_RANGE,
    CONFLICT,
    BROKEN_CONFIG,
    /** Part of the language, but not yet of the tool. */
    UNSUPPORTED;

    /** As printed and as JSON: lower case, words joined by hyphens. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
