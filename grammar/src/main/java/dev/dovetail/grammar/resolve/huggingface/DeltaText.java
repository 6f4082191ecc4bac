package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;

/** The {@code delta} of a layer. */
final class DeltaText {
    private DeltaText() {}

    static String of(ConfigFields config) {
        return ModelText.subLayer(
                "delta",
                List.of(
                        "heads " + config.count("linear_num_key_heads"),
                        "value_heads " + config.count("linear_num_value_heads"),
                        "head_dim " + config.count("linear_key_head_dim"),
                        "value_dim " + config.count("linear_value_head_dim"),
                        "conv " + config.count("linear_conv_kernel_dim")));
    }
}
