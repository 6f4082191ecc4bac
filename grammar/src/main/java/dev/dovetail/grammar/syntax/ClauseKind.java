package dev.dovetail.grammar.syntax;

import java.util.Arrays;
import java.util.Optional;

/** How a definition leans on another. */
public enum ClauseKind {
    FROM("from"),
    EXTENDS("extends"),
    OF("of");

    private final String word;

    ClauseKind(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<ClauseKind> of(String word) {
        return Arrays.stream(values()).filter(value -> value.word.equals(word)).findFirst();
    }
}
