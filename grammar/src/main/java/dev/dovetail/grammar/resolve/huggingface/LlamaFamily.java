package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/**
 * Llama and its relatives: RMS norm, rotary positions, a gated mlp. They differ in biases, in the norm of queries and keys,
 * and in the sliding window. Field names and defaults as in the {@code transformers} library.
 */
record LlamaFamily(Variant variant) implements Family {

    enum Variant {
        LLAMA,
        MISTRAL,
        /** Query, key and value projections have biases. */
        QWEN2,
        /** Queries and keys are normalised per head. */
        QWEN3
    }

    @Override
    public ModelText read(ConfigFields config) {
        long width = config.count("hidden_size");
        long heads = config.count("num_attention_heads");
        ModelText text = new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", width)
                .entry("context", config.count("max_position_embeddings", 2048))
                .entry("norm rmsnorm { epsilon " + ModelText.number(config.real("rms_norm_eps", 1e-6)) + " }")
                .entry("unembed", config.flag("tie_word_embeddings", false) ? "tied" : "untied")
                .layers(config.count("num_hidden_layers"))
                .attention("heads", heads)
                .attention("kv_heads", config.count("num_key_value_heads", heads))
                .attention("head_dim", config.count("head_dim", defaultHeadDim(width, heads)))
                .attention("rope { " + String.join(", ", rope(config)) + " }")
                .mlp("inner " + config.count("intermediate_size"))
                .mlp("activation " + Activation.gated(config.text("hidden_act", "silu")));
        biases(config, text);
        window(config, text);
        return text;
    }

    private long defaultHeadDim(long width, long heads) {
        // The only family whose default is a constant.
        return variant == Variant.QWEN3 ? 128 : width / Math.max(heads, 1);
    }

    private void biases(ConfigFields config, ModelText text) {
        if (variant == Variant.QWEN2) {
            text.attention("bias qkv");
        } else if (config.flag("attention_bias", false)) {
            text.attention("bias all");
        }
        if (variant == Variant.QWEN3) {
            text.attention("qk_norm");
        }
        if (config.flag("mlp_bias", false)) {
            text.mlp("bias all");
        }
    }

    /** Qwen configs carry a window that is off unless {@code use_sliding_window} says so. */
    private void window(ConfigFields config, ModelText text) {
        boolean used = variant == Variant.MISTRAL || config.flag("use_sliding_window", false);
        if (used) {
            config.countIfAny("sliding_window").ifPresent(window -> text.attention("window", window));
        }
    }

    /** Entries of {@code rope}; also for the relatives that have files of their own. */
    static List<String> rope(ConfigFields config) {
        List<String> rope = new ArrayList<>();
        rope.add("theta " + ModelText.number(config.real("rope_theta", 10000)));
        config.object("rope_scaling").ifPresent(scaling -> {
            String type = scaling.text("rope_type", scaling.text("type", "default"));
            switch (type) {
                case "default" -> {}
                case "llama3" -> addStretch(rope, scaling);
                default -> throw new UnsupportedConfig("rope scaling of type `" + type + "` is");
            }
        });
        return rope;
    }

    private static void addStretch(List<String> rope, ConfigFields scaling) {
        rope.add("factor " + ModelText.number(scaling.real("factor", 8)));
        rope.add("low_frequency_factor " + ModelText.number(scaling.real("low_freq_factor", 1)));
        rope.add("high_frequency_factor " + ModelText.number(scaling.real("high_freq_factor", 4)));
        rope.add("original_context " + scaling.count("original_max_position_embeddings", 8192));
    }
}
