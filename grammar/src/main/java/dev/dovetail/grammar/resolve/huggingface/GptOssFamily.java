package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** gpt-oss: windowed and full attention in turn, learned sinks, biases everywhere, clamped gates in every expert. */
record GptOssFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        long heads = config.count("num_attention_heads");
        List<String> attention = new ArrayList<>(List.of(
                "heads " + heads,
                "kv_heads " + config.count("num_key_value_heads", heads),
                "head_dim " + config.count("head_dim", 64),
                "rope { " + String.join(", ", LlamaFamily.rope(config)) + " }",
                "bias " + (config.flag("attention_bias", true) ? "all" : "none"),
                "sinks"));
        String full = ModelText.subLayer("attention", attention);
        attention.add("window " + config.count("sliding_window", 128));
        String windowed = ModelText.subLayer("attention", attention);
        String moe = ModelText.subLayer(
                "moe",
                List.of(
                        "experts " + config.count("num_local_experts", 128),
                        "top " + config.count("num_experts_per_tok", 4),
                        "inner " + config.count("intermediate_size"),
                        "activation clamped_swiglu",
                        "bias all"));
        long layers = config.count("num_hidden_layers");
        requireTurns(config, layers);
        return new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", config.count("hidden_size"))
                .entry("context", config.count("max_position_embeddings", 131072))
                .entry("norm rmsnorm { epsilon " + ModelText.number(config.real("rms_norm_eps", 1e-5)) + " }")
                .entry("unembed", config.flag("tie_word_embeddings", false) ? "tied" : "untied")
                .pattern(layers / 2, List.of(List.of(windowed, moe), List.of(full, moe)));
    }

    /** Even layers look at a window, odd ones at everything; configs that list their layers must list that. */
    private static void requireTurns(ConfigFields config, long layers) {
        List<String> types = config.words("layer_types");
        boolean turns = layers > 0 && layers % 2 == 0;
        for (int i = 0; i < types.size(); i++) {
            turns &= types.get(i).equals(i % 2 == 0 ? "sliding_attention" : "full_attention");
        }
        if (!turns) {
            throw new UnsupportedConfig("attention that does not turn between a window and everything is");
        }
    }
}
