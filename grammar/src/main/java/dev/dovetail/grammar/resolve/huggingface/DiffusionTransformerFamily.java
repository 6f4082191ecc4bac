package dev.dovetail.grammar.resolve.huggingface;

import java.util.Collections;
import java.util.List;

/** DiT as the diffusers library says it: patches of latents, layers modulated by time and class. */
final class DiffusionTransformerFamily implements Family {
    private static final String MODULATED = "modulate adaln_zero";

    @Override
    public ModelText read(ConfigFields config) {
        long heads = config.count("num_attention_heads");
        long width = heads * config.count("attention_head_dim");
        long channels = config.count("in_channels");
        long side = config.count("sample_size");
        long out = config.count("out_channels", channels);
        if (out != channels && out != 2 * channels) {
            throw new BrokenConfig("`out_channels` is " + out + ", and a model of " + channels
                    + " channels predicts as many, or twice as many with their variance");
        }
        if (!config.text("norm_type", "ada_norm_zero").equals("ada_norm_zero")) {
            throw new UnsupportedConfig("a `norm_type` other than `ada_norm_zero` is");
        }
        List<String> layer = List.of(
                ModelText.subLayer("attention", List.of("heads " + heads, "mask none", MODULATED)),
                ModelText.subLayer("mlp", List.of("inner 4 * width", "activation " + activation(config), MODULATED)));
        return new ModelText()
                .entry("input latent { size " + side + " x " + side + ", channels " + channels + ", patch "
                        + config.count("patch_size") + " }")
                .entry("condition [timestep, class " + config.count("num_embeds_ada_norm", 1000) + "]")
                .entry("width", width)
                .entry("norm layernorm { epsilon 1e-6 }")
                .entry(out == channels ? "output noise" : "output noise { learn sigma }")
                .layers(Collections.nCopies((int) config.count("num_layers"), layer));
    }

    private static String activation(ConfigFields config) {
        return config.text("activation_fn", "gelu-approximate").equals("gelu") ? "gelu_erf" : "gelu";
    }
}
