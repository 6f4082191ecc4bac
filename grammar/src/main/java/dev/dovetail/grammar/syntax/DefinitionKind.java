package dev.dovetail.grammar.syntax;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of thing a spec gives names to. */
public enum DefinitionKind {
    DEVICE("device"),
    LINK("link"),
    NODE("node"),
    CLUSTER("cluster"),
    MODEL("model"),
    ADAPTER("adapter"),
    INDEX("index"),
    APP("app");

    private final String word;

    DefinitionKind(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<DefinitionKind> of(String word) {
        return Arrays.stream(values()).filter(value -> value.word.equals(word)).findFirst();
    }
}
