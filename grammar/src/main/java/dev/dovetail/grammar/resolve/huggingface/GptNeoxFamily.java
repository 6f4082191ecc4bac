package dev.dovetail.grammar.resolve.huggingface;

/** GPT-NeoX and Pythia: attention and mlp side by side, rotary positions on part of each head. */
record GptNeoxFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        String rope =
                "rope { theta " + ModelText.number(config.real("rotary_emb_base", config.real("rope_theta", 10000)))
                        + ", fraction " + ModelText.number(config.real("rotary_pct", 0.25)) + " }";
        ModelText text = new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", config.count("hidden_size"))
                .entry("context", config.count("max_position_embeddings", 2048))
                .entry("norm layernorm { epsilon " + ModelText.number(config.real("layer_norm_eps", 1e-5)) + " }")
                .entry("unembed", config.flag("tie_word_embeddings", false) ? "tied" : "untied")
                .layers(config.count("num_hidden_layers"))
                .attention("heads", config.count("num_attention_heads"))
                .attention(rope)
                .mlp("inner " + config.count("intermediate_size"))
                .mlp("activation " + Activation.plain(config.text("hidden_act", "gelu")));
        if (!config.flag("attention_bias", true)) {
            text.attention("bias none");
        }
        if (config.flag("use_parallel_residual", true)) {
            text.mlp("parallel");
        }
        return text;
    }
}
