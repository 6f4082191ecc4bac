package dev.dovetail.grammar.resolve.huggingface;

/** BLOOM: ALiBi positions, a norm behind the embedding, a tied output. */
record BloomFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        long width = config.count("hidden_size", config.count("n_embed", 0));
        long heads = config.countIfAny("n_head").orElseGet(() -> config.count("num_attention_heads"));
        return new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", width)
                .entry("context", config.count("seq_length", 2048))
                .entry("positions alibi")
                .entry("norm layernorm { epsilon " + ModelText.number(config.real("layer_norm_epsilon", 1e-5)) + " }")
                .entry("embed_norm")
                .entry("unembed", config.flag("tie_word_embeddings", true) ? "tied" : "untied")
                .layers(config.countIfAny("n_layer").orElseGet(() -> config.count("num_hidden_layers")))
                .attention("heads", heads)
                .mlp("inner " + 4 * width)
                .mlp("activation gelu");
    }
}
