package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** The {@code attention} of a layer. */
final class AttentionText {
    private AttentionText() {}

    static String of(ConfigFields config, String kind, int layer) {
        List<String> entries = new ArrayList<>();
        entries.add("heads " + config.count("num_attention_heads"));
        if (config.has("kv_lora_rank")) {
            latent(config, entries);
        } else {
            heads(config, entries);
        }
        RopeText.of(config, kind, layer).ifPresent(entries::add);
        String mask = config.text("mask", "causal");
        if (!mask.equals("causal")) {
            entries.add("mask " + mask);
        }
        relative(config, entries);
        biases(config, entries);
        extras(config, entries);
        if (kind.equals(LayerTypes.SLIDING)) {
            entries.add("window " + config.count("sliding_window"));
        }
        place(config, entries, layer == 0 && !config.flag("first_norm", true));
        return ModelText.subLayer("attention", entries);
    }

    /** The {@code attention} that reads an encoder. */
    static String crossing(ConfigFields config) {
        List<String> entries = new ArrayList<>();
        entries.add("heads " + config.count("num_attention_heads"));
        heads(config, entries);
        entries.add("cross");
        biases(config, entries);
        scale(config, entries);
        place(config, entries, false);
        return ModelText.subLayer("attention", entries);
    }

    private static void relative(ConfigFields config, List<String> entries) {
        if (!config.flag("relative", false)) {
            return;
        }
        entries.add("relative { buckets " + config.count("relative_attention_num_buckets", 32) + ", distance "
                + config.count("relative_attention_max_distance", 128)
                + (config.flag("relative_in_each_layer", false) ? "" : ", shared") + " }");
    }

    static long headDim(ConfigFields config) {
        return config.count("head_dim", config.count("hidden_size") / Math.max(1, config.count("num_attention_heads")));
    }

    private static void heads(ConfigFields config, List<String> entries) {
        long heads = config.count("num_attention_heads");
        long shared = config.count("num_key_value_heads", heads);
        if (shared != heads) {
            entries.add("kv_heads " + shared);
        }
        if (config.has("head_dim")) {
            entries.add("head_dim " + config.count("head_dim"));
        }
    }

    private static void latent(ConfigFields config, List<String> entries) {
        entries.add("kv_latent " + config.count("kv_lora_rank"));
        config.countIfAny("q_lora_rank").ifPresent(rank -> entries.add("q_latent " + rank));
        entries.add("head_dim " + config.count("qk_nope_head_dim"));
        entries.add("rope_dim " + config.count("qk_rope_head_dim"));
        entries.add("value_dim " + config.count("v_head_dim"));
    }

    private static void biases(ConfigFields config, List<String> entries) {
        boolean all = config.flag("attention_bias", false);
        boolean in = all || config.flag("qkv_bias", false);
        boolean out = all || config.flag("attention_out_bias", false);
        String bias = in && out ? "all" : in ? "qkv" : out ? "out" : "none";
        if (!bias.equals(ModelText.usualBias(config))) {
            entries.add("bias " + bias);
        }
        if (in && !config.flag("key_bias", true)) {
            entries.add("key_bias off");
        }
    }

    private static void extras(ConfigFields config, List<String> entries) {
        if (config.flag("qk_norm", false)) {
            String kind = config.text("qk_norm_kind", "head");
            entries.add("qk_norm" + (kind.equals("head") ? "" : " " + kind));
        }
        scale(config, entries);
        if (config.has("attn_logit_softcapping")) {
            entries.add("cap " + ModelText.number(config.real("attn_logit_softcapping", 0)));
        }
        if (config.flag("inner_norm", false)) {
            entries.add("inner_norm");
        }
        if (config.flag("attention_sinks", false)) {
            entries.add("sinks");
        }
        if (config.flag("attention_gate", false)) {
            entries.add("gate");
        }
    }

    /** Said only where it is not 1 / sqrt(head_dim). */
    private static void scale(ConfigFields config, List<String> entries) {
        long dim = config.has("kv_lora_rank")
                ? config.count("qk_nope_head_dim") + config.count("qk_rope_head_dim")
                : headDim(config);
        double usual = 1 / Math.sqrt(dim);
        double scale = config.has("query_pre_attn_scalar")
                ? 1 / Math.sqrt(config.real("query_pre_attn_scalar", dim))
                : config.real("attention_multiplier", usual);
        double deep = config.object("rope_scaling")
                .filter(scaling ->
                        config.has("kv_lora_rank") && RopeText.type(scaling).equals("yarn"))
                .map(scaling -> RopeText.yarnMagnitude(scaling.real("factor", 1), scaling.real("mscale_all_dim", 0)))
                .orElse(1.0);
        double said = scale * deep * deep;
        if (said != usual) {
            entries.add("scale " + ModelText.number(said));
        }
    }

    /** @param bare whether there is no norm: the embedding's stands before it */
    private static void place(ConfigFields config, List<String> entries, boolean bare) {
        if (config.flag("layer_scale", false)) {
            entries.add("layer_scale");
        }
        String place = bare ? "none" : config.text("norm_place", "pre");
        if (!place.equals("pre")) {
            entries.add("norm " + place);
        }
    }
}
