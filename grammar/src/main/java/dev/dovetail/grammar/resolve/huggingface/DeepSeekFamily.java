package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/**
 * DeepSeek-V2 and V3: latent attention, dense layers first, then mixtures of many small experts beside some that see every
 * token.
 */
record DeepSeekFamily(Version version) implements Family {

    enum Version {
        /** Softmax scores, weights as they come, groups ranked by their best score. */
        V2,
        /** Sigmoid scores, weights that add up to one, groups ranked by their two best. */
        V3
    }

    @Override
    public ModelText read(ConfigFields config) {
        long layers = config.count("num_hidden_layers");
        long dense = Math.min(layers, config.count("first_k_dense_replace", version == Version.V3 ? 3 : 0));
        if (config.count("moe_layer_freq", 1) != 1) {
            throw new UnsupportedConfig("a mixture of experts in some layers only (`moe_layer_freq`) is");
        }
        String activation = "activation " + Activation.gated(config.text("hidden_act", "silu"));
        String attention = ModelText.subLayer("attention", attention(config));
        ModelText text = new ModelText()
                .entry("vocab", config.count("vocab_size"))
                .entry("width", config.count("hidden_size"))
                .entry("context", config.count("max_position_embeddings", version == Version.V3 ? 4096 : 2048))
                .entry("norm rmsnorm { epsilon " + ModelText.number(config.real("rms_norm_eps", 1e-6)) + " }")
                .entry("unembed", config.flag("tie_word_embeddings", false) ? "tied" : "untied")
                .stack(
                        dense,
                        List.of(
                                attention,
                                ModelText.subLayer(
                                        "mlp", List.of("inner " + config.count("intermediate_size"), activation))))
                .stack(layers - dense, List.of(attention, ModelText.subLayer("moe", experts(config, activation))));
        long predictions = config.count("num_nextn_predict_layers", 0);
        if (predictions > 0) {
            text.note("without the " + predictions + " layer" + (predictions > 1 ? "s" : "")
                    + " that predict tokens further ahead, which are trained beside the model");
        }
        return text;
    }

    private static List<String> attention(ConfigFields config) {
        if (config.flag("attention_bias", false)) {
            throw new UnsupportedConfig("a bias in latent attention is");
        }
        List<String> entries = new ArrayList<>();
        entries.add("heads " + config.count("num_attention_heads"));
        entries.add("kv_latent " + config.count("kv_lora_rank"));
        config.countIfAny("q_lora_rank").ifPresent(rank -> entries.add("q_latent " + rank));
        entries.add("head_dim " + config.count("qk_nope_head_dim", 128));
        entries.add("rope_dim " + config.count("qk_rope_head_dim", 64));
        entries.add("value_dim " + config.count("v_head_dim", 128));
        entries.add("rope { " + String.join(", ", LlamaFamily.rope(config)) + " }");
        return entries;
    }

    private List<String> experts(ConfigFields config, String activation) {
        long inner = config.count("moe_intermediate_size");
        boolean normalized = config.flag("norm_topk_prob", version == Version.V3);
        List<String> entries = new ArrayList<>();
        entries.add("experts " + config.count("n_routed_experts"));
        entries.add("top " + config.count("num_experts_per_tok"));
        entries.add("inner " + inner);
        entries.add(activation);
        config.countIfAny("n_shared_experts")
                .filter(shared -> shared > 0)
                .ifPresent(shared -> entries.add("shared " + shared));
        entries.add("scoring " + scoring(config));
        entries.add("gates " + (normalized ? "normalized" : "raw"));
        entries.add("scale " + ModelText.number(config.real("routed_scaling_factor", version == Version.V3 ? 2.5 : 1)));
        long groups = config.count("n_group", 1);
        long kept = config.count("topk_group", groups);
        if (kept < groups) {
            entries.add("groups " + groups + " { kept " + kept + ", votes " + (version == Version.V3 ? 2 : 1) + " }");
        }
        if (version == Version.V3) {
            entries.add("choice_bias");
        }
        return entries;
    }

    private String scoring(ConfigFields config) {
        String scoring = config.text("scoring_func", version == Version.V3 ? "sigmoid" : "softmax");
        if (!scoring.equals("sigmoid") && !scoring.equals("softmax")) {
            throw new UnsupportedConfig("scoring experts by `" + scoring + "` is");
        }
        return scoring;
    }
}
