package dev.dovetail.grammar.resolve.huggingface;

/** The {@code input} of models that read pictures or sound. */
final class SignalText {
    private SignalText() {}

    static void entries(ConfigFields config, ModelText text) {
        String signal = config.text("signal", "");
        text.entry(signal.equals("audio") ? sound(config) : picture(config))
                .entry("width", config.count("hidden_size"));
        String positions = config.text("positions", "learned");
        if (!positions.equals("learned")) {
            text.entry("positions", positions);
        }
    }

    private static String picture(ConfigFields config) {
        // What a convolution leaves at the edge of a picture is in no patch.
        long side = side(config) * config.count("patch_size");
        long leading = config.count("leading_rows", 0);
        long registers = config.count("num_register_tokens", 0);
        return "input image { size " + side + " x " + side + ", channels " + config.count("num_channels", 3)
                + ", patch "
                + config.count("patch_size")
                + (leading > 0 ? ", leading " + leading : "")
                + (registers > 0 ? ", registers " + registers : "")
                + (config.flag("mask_row", false) ? ", masked" : "")
                + (config.flag("patch_bias", true) ? "" : ", bias none") + " }";
    }

    /** Patches along a side of a picture. */
    static long side(ConfigFields config) {
        if (config.has("patches")) {
            long side = Math.round(Math.sqrt(config.count("patches")));
            if (side * side != config.count("patches")) {
                throw new UnsupportedConfig(
                        "a picture of " + config.count("patches") + " patches, which is not square, is");
            }
            return side;
        }
        return config.count("image_size") / config.count("patch_size");
    }

    private static String sound(ConfigFields config) {
        // The second convolution halves the frames.
        return "input audio { frames " + 2 * config.count("max_source_positions") + ", bands "
                + config.count("num_mel_bins") + " }";
    }
}
