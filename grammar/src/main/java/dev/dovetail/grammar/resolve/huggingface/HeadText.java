package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code head} of a model: what the class that a config was saved from makes of the last layer. */
final class HeadText {
    /** In a family's description: as many classes as the config has labels. */
    private static final String LABELS = "labels";

    /** Sizes of the config that heads may name; a projection is as wide as the model unless the config says. */
    private static final List<String> SIZES =
            List.of("projection_dim", "projection_size", "num_attention_heads", "intermediate_size");

    private static final String FUNCTION = "hidden_act";

    private HeadText() {}

    /** Empty where it is what is usual. */
    static Optional<String> of(ConfigFields config) {
        String head = config.object("head_of")
                .flatMap(heads -> config.words("architectures").stream()
                        .flatMap(name -> heads.entries().entrySet().stream()
                                .filter(entry -> name.endsWith(entry.getKey()))
                                .map(Map.Entry::getValue))
                        .findFirst())
                .orElse(config.text("head", ""));
        return head.isEmpty() ? Optional.empty() : Optional.of(filled(config, head));
    }

    private static String filled(ConfigFields config, String head) {
        String text = head;
        for (String size : SIZES) {
            if (text.contains(size)) {
                long count = config.countIfAny(size).orElseGet(() -> config.count("hidden_size"));
                text = text.replace(size, Long.toString(count));
            }
        }
        if (text.contains(FUNCTION)) {
            text = text.replace(FUNCTION, Activation.plain(config.text(FUNCTION, "gelu")));
        }
        return text.replace(LABELS, Long.toString(labels(config)));
    }

    /** Two where a config does not say, as in the library. */
    private static long labels(ConfigFields config) {
        long named = config.object("id2label")
                .map(labels -> (long) labels.names().size())
                .orElse(2L);
        return config.count("num_labels", named);
    }
}
