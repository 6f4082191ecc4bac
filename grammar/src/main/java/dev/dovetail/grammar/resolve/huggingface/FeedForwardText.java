package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The {@code mlp} or {@code moe} of a layer. */
final class FeedForwardText {
    private FeedForwardText() {}

    static String of(ConfigFields config, int layer) {
        return of(config, isRouted(config, layer));
    }

    static String of(ConfigFields config, boolean routed) {
        List<String> entries = routed ? experts(config) : dense(config);
        String place = config.text("norm_place", "pre");
        if (config.flag("parallel", false)) {
            entries.add("parallel");
            place = config.flag("shared_norm", false) ? "shared" : place;
        }
        if (!place.equals("pre")) {
            entries.add("norm " + place);
        }
        if (config.flag("layer_scale", false)) {
            entries.add("layer_scale");
        }
        return ModelText.subLayer(routed ? "moe" : "mlp", entries);
    }

    /** The mlp as wide as the model that stands beside experts (Arctic). */
    static Optional<String> residual(ConfigFields config) {
        return config.flag("residual_mlp", false)
                ? Optional.of(
                        ModelText.subLayer("mlp", List.of("inner " + config.count("hidden_size"), activation(config))))
                : Optional.empty();
    }

    /** Every layer from the first that has experts, but for those passed over by a step or a list. */
    private static boolean isRouted(ConfigFields config, int layer) {
        if (config.count("num_experts", 0) < 2) {
            return false;
        }
        List<String> listed = config.words("mlp_layer_types");
        if (layer < listed.size()) {
            return listed.get(layer).equals("sparse");
        }
        long period = Math.max(1, config.count("expert_layer_period", 1));
        long step = Math.max(1, config.count("decoder_sparse_step", 1));
        return layer >= config.count("first_k_dense_replace", 0)
                && layer % period == config.count("expert_layer_offset", 0) % period
                && (layer + 1) % step == 0
                && !config.counts("mlp_only_layers").contains((long) layer);
    }

    private static List<String> dense(ConfigFields config) {
        long usual = config.count("intermediate_multiple", 4) * config.count("hidden_size");
        String field = config.text("dense_inner", "intermediate_size");
        long said = config.has("intermediate_multiple") ? config.count(field, usual) : config.count(field);
        long inner = config.flag("block_auto_adjust_ff_dim", false)
                ? adjusted(config, said)
                : said / config.count("inner_parts", 1);
        List<String> entries = new ArrayList<>(List.of("inner " + inner, activation(config)));
        String bias = config.flag("mlp_bias", false) ? "all" : "none";
        if (!bias.equals(ModelText.usualBias(config))) {
            entries.add("bias " + bias);
        }
        if (config.flag("inner_norm", false)) {
            entries.add("inner_norm");
        }
        return entries;
    }

    /** Two thirds, since a gate makes a third, times a factor, up to a multiple (LFM2). */
    private static long adjusted(ConfigFields config, long said) {
        long multiple = config.count("block_multiple_of");
        long part = (long) (config.real("block_ffn_dim_multiplier", 1) * (2 * said / 3));
        return Math.ceilDiv(part, multiple) * multiple;
    }

    private static String activation(ConfigFields config) {
        String function = config.text("hidden_act", "silu");
        return "activation "
                + config.text(
                        "activation_word",
                        config.flag("gated", true) ? Activation.gated(function) : Activation.plain(function));
    }

    private static List<String> experts(ConfigFields config) {
        List<String> entries = new ArrayList<>();
        entries.add("experts " + config.count("num_experts"));
        entries.add("top " + config.count("num_experts_per_tok"));
        entries.add("inner "
                + (config.has("moe_intermediate_size")
                        ? config.count("moe_intermediate_size")
                        : config.count("intermediate_size")));
        entries.add(activation(config));
        if (config.flag("expert_bias", false)) {
            entries.add("bias all");
        }
        shared(config, entries);
        routing(config, entries);
        return entries;
    }

    private static void shared(ConfigFields config, List<String> entries) {
        long inner = config.count("shared_expert_intermediate_size", 0);
        long count = inner > 0 ? 1 : config.count("n_shared_experts", 0);
        if (count == 0) {
            return;
        }
        List<String> about = new ArrayList<>();
        if (inner > 0) {
            about.add("inner " + inner);
        }
        if (config.flag("shared_expert_gate", false)) {
            about.add("gate");
        }
        entries.add("shared " + count + (about.isEmpty() ? "" : " { " + String.join(", ", about) + " }"));
    }

    private static void routing(ConfigFields config, List<String> entries) {
        String scoring = config.text("scoring_func", "softmax");
        if (!scoring.equals("sigmoid") && !scoring.equals("softmax")) {
            throw new UnsupportedConfig("scoring experts by `" + scoring + "` is");
        }
        if (!scoring.equals("softmax")) {
            entries.add("scoring " + scoring);
        }
        if (!config.flag("norm_topk_prob", true)) {
            entries.add("gates raw");
        }
        double scale = config.real("routed_scaling_factor", 1);
        if (scale != 1) {
            entries.add("scale " + ModelText.number(scale));
        }
        long groups = config.count("n_group", 1);
        long kept = config.count("topk_group", groups);
        if (kept < groups) {
            entries.add("groups " + groups + " { kept " + kept + ", votes " + config.count("group_votes", 1) + " }");
        }
        if (config.flag("choice_bias", false)) {
            entries.add("choice_bias");
        }
    }
}
