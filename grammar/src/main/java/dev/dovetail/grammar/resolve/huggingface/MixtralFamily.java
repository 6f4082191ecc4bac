package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;

/** Mixtral: Mistral's layers, each mlp a mixture of experts whose weights add up to one. */
record MixtralFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        ModelText text = new LlamaFamily(LlamaFamily.Variant.MISTRAL).read(config);
        String moe = ModelText.subLayer(
                "moe",
                List.of(
                        "experts " + config.count("num_local_experts", 8),
                        "top " + config.count("num_experts_per_tok", 2),
                        "inner " + config.count("intermediate_size"),
                        "activation " + Activation.gated(config.text("hidden_act", "silu"))));
        return text.stack(
                config.count("num_hidden_layers"),
                List.of(ModelText.subLayer("attention", text.attentionEntries()), moe));
    }
}
