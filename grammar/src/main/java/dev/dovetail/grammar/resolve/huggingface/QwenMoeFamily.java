package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** Qwen3 with experts: every layer's mlp is a mixture, but for those listed and those that a sparse step passes over. */
record QwenMoeFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        ModelText text = new LlamaFamily(LlamaFamily.Variant.QWEN3).read(config);
        String attention = ModelText.subLayer("attention", text.attentionEntries());
        String activation = "activation " + Activation.gated(config.text("hidden_act", "silu"));
        String moe = ModelText.subLayer(
                "moe",
                List.of(
                        "experts " + config.count("num_experts", 128),
                        "top " + config.count("num_experts_per_tok", 8),
                        "inner " + config.count("moe_intermediate_size"),
                        activation,
                        "gates " + (config.flag("norm_topk_prob", false) ? "normalized" : "raw")));
        String mlp = ModelText.subLayer("mlp", List.of("inner " + config.count("intermediate_size"), activation));
        long step = Math.max(1, config.count("decoder_sparse_step", 1));
        List<Long> dense = config.counts("mlp_only_layers");
        List<String> feedForwards = new ArrayList<>();
        for (long layer = 0; layer < config.count("num_hidden_layers"); layer++) {
            feedForwards.add((layer + 1) % step == 0 && !dense.contains(layer) ? moe : mlp);
        }
        return runs(text, attention, feedForwards);
    }

    /** Neighbouring layers with the same mlp are one stack. */
    private static ModelText runs(ModelText text, String attention, List<String> feedForwards) {
        int start = 0;
        for (int i = 1; i <= feedForwards.size(); i++) {
            if (i == feedForwards.size() || !feedForwards.get(i).equals(feedForwards.get(start))) {
                text.stack(i - start, List.of(attention, feedForwards.get(start)));
                start = i;
            }
        }
        return text;
    }
}
