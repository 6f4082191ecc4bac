package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** The {@code conv} of a layer. */
final class ConvText {
    private ConvText() {}

    static String of(ConfigFields config) {
        var entries = new ArrayList<>(List.of("taps " + config.count("conv_L_cache")));
        if (config.flag("conv_bias", false)) {
            entries.add("bias all");
        }
        return ModelText.subLayer("conv", entries);
    }
}
