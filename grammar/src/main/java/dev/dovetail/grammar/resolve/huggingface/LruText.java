package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;

/** The {@code lru} of a layer. */
final class LruText {
    private LruText() {}

    static String of(ConfigFields config) {
        return ModelText.subLayer(
                "lru",
                List.of(
                        "heads " + config.count("num_attention_heads"),
                        "inner " + config.count("lru_width", config.count("hidden_size")),
                        "conv " + config.count("conv1d_width"),
                        "bias all"));
    }
}
