package dev.dovetail.grammar.resolve.huggingface;

/**
 * OPT: as GPT-2 with relu. Its position table has two rows more than the context; there they are the first two, here the last,
 * so weights read from its checkpoints would have to be moved by two rows.
 */
record OptFamily() implements Family {
    private static final long POSITION_OFFSET = 2;

    @Override
    public ModelText read(ConfigFields config) {
        long width = config.count("hidden_size");
        long embedded = config.count("word_embed_proj_dim", width);
        if (embedded != width) {
            throw new UnsupportedConfig("an embedding narrower than the model (" + embedded + " of " + width + ") is");
        }
        long context = config.count("max_position_embeddings", 2048);
        boolean biases = config.flag("enable_bias", true);
        boolean normBefore = config.flag("do_layer_norm_before", true);
        ModelText text = new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", width)
                .entry("context", context)
                .entry("positions learned { rows " + (context + POSITION_OFFSET) + " }")
                .entry("norm layernorm { epsilon 1e-5 }")
                .entry("bias", biases ? "all" : "none")
                .entry("unembed", config.flag("tie_word_embeddings", true) ? "tied" : "untied")
                .layers(config.count("num_hidden_layers"))
                .attention("heads", config.count("num_attention_heads"))
                .mlp("inner " + config.count("ffn_dim", 4 * width))
                .mlp("activation " + Activation.plain(config.text("activation_function", "relu")));
        if (!normBefore) {
            text.both("norm post").entry("final_norm off");
        }
        return text;
    }
}
