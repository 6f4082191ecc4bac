package dev.dovetail.grammar.syntax;

import java.util.Arrays;
import java.util.Optional;

/** What a job does. */
public enum JobVerb {
    TRAIN("train"),
    FINETUNE("finetune"),
    SERVE("serve"),
    SAMPLE("sample");

    private final String word;

    JobVerb(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<JobVerb> of(String word) {
        return Arrays.stream(values()).filter(value -> value.word.equals(word)).findFirst();
    }
}
