package dev.dovetail.grammar.resolve.huggingface;

import java.util.Map;
import java.util.Optional;

/** The {@code head} of a model: what the class that a config was saved from makes of the last layer. */
final class HeadText {
    /** In a family's description: as many classes as the config has labels. */
    private static final String LABELS = "labels";

    /** Classes of either half of a pair that meet in a space of their own (CLIP): what takes them there has no block yet. */
    private static final String PROJECTED = "WithProjection";

    private HeadText() {}

    /** Empty where it is what is usual; throws {@link UnsupportedConfig} where the class has one that cannot be said. */
    static Optional<String> of(ConfigFields config) {
        config.words("architectures").stream()
                .filter(name -> name.endsWith(PROJECTED))
                .findFirst()
                .ifPresent(name -> {
                    throw new UnsupportedConfig("the projection of `" + name + "` is");
                });
        String head = config.object("head_of")
                .flatMap(heads -> config.words("architectures").stream()
                        .flatMap(name -> heads.entries().entrySet().stream()
                                .filter(entry -> name.endsWith(entry.getKey()))
                                .map(Map.Entry::getValue))
                        .findFirst())
                .orElse(config.text("head", ""));
        return head.isEmpty() ? Optional.empty() : Optional.of(head.replace(LABELS, Long.toString(labels(config))));
    }

    /** Two where a config does not say, as in the library. */
    private static long labels(ConfigFields config) {
        long named = config.object("id2label")
                .map(labels -> (long) labels.names().size())
                .orElse(2L);
        return config.count("num_labels", named);
    }
}
