package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** The {@code ssm} of a layer. */
final class SsmText {
    private SsmText() {}

    static String of(ConfigFields config) {
        return ModelText.subLayer("ssm", entries(config));
    }

    /** Reads what attention read, through the same norm. */
    static String beside(ConfigFields config) {
        List<String> entries = entries(config);
        entries.addAll(List.of("parallel", "norm shared"));
        return ModelText.subLayer("ssm", entries);
    }

    private static List<String> entries(ConfigFields config) {
        boolean first = config.text("ssm_kind", "mamba2").equals("mamba1");
        List<String> entries = new ArrayList<>();
        if (first) {
            entries.add("kind mamba1");
        }
        entries.add("state " + config.count("state_size"));
        // Where heads are counted, they are what is as wide as they are.
        long inner = config.has("mamba_num_heads")
                ? config.count("mamba_num_heads") * config.count("ssm_head_dim")
                : config.count("ssm_inner", config.count("expand") * config.count("hidden_size"));
        entries.add("inner " + inner);
        entries.add("conv " + config.count("conv_kernel"));
        boolean projections = config.flag("use_bias", false);
        boolean convolution = config.flag("use_conv_bias", true);
        if (projections != convolution && projections) {
            throw new UnsupportedConfig("biases of projections without one of the convolution are");
        }
        if (projections || !convolution) {
            entries.add("bias " + (projections ? "all" : "none"));
        }
        if (first) {
            first(config, entries);
        } else {
            entries.add("head_dim " + config.count("ssm_head_dim"));
            entries.add("groups " + config.count("n_groups"));
            entries.add("chunk " + config.count("chunk_size"));
            if (!config.flag("gated_norm", true)) {
                entries.add("gated_norm off");
            }
        }
        return entries;
    }

    private static void first(ConfigFields config, List<String> entries) {
        // "auto" is the width / 16, which the language says too.
        if (config.isWhole("time_step_rank")) {
            entries.add("step_rank " + config.count("time_step_rank"));
        }
        if (config.flag("ssm_norms", false)) {
            entries.add("norms");
        }
    }
}
