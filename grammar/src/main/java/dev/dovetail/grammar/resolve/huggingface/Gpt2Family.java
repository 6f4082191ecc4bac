package dev.dovetail.grammar.resolve.huggingface;

/** GPT-2 and GPT-3: layer norm, learned positions, a tied output. Defaults as in the {@code transformers} library. */
record Gpt2Family() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        long width = config.count("n_embd");
        return new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", width)
                .entry("context", config.count("n_positions", 1024))
                .entry("positions learned")
                .entry("norm layernorm { epsilon " + ModelText.number(config.real("layer_norm_epsilon", 1e-5)) + " }")
                .entry("unembed", config.flag("tie_word_embeddings", true) ? "tied" : "untied")
                .layers(config.count("n_layer"))
                .attention("heads", config.count("n_head"))
                .mlp("inner " + config.count("n_inner", 4 * width))
                .mlp("activation " + Activation.plain(config.text("activation_function", "gelu_new")));
    }
}
