package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** FLUX.1 as the diffusers library says it: layers of two streams, then layers of one that holds both. */
final class FluxFamily implements Family {
    /** Rows and columns of the latents of a picture of 1024 x 1024; no config says. */
    private static final int SIDE = 128;

    /** The latents' patches are 2 x 2, which a config counts as channels. */
    private static final int PATCH = 2;

    private static final int TEXT_ROWS = 512;

    private static final String MODULATED = "modulate adaln_zero";

    @Override
    public ModelText read(ConfigFields config) {
        long heads = config.count("num_attention_heads", 24);
        long width = heads * config.count("attention_head_dim", 128);
        long elements = config.count("in_channels", 64);
        if (elements % (PATCH * PATCH) != 0 || config.count("patch_size", 1) != 1) {
            throw new UnsupportedConfig("`in_channels` other than those of patches of 2 x 2 are");
        }
        if (config.count("out_channels", elements) != elements) {
            throw new BrokenConfig("`out_channels` is not `in_channels`, and the flow of each channel is predicted");
        }
        var each = new ArrayList<>(Collections.nCopies((int) config.count("num_layers", 19), apart(heads)));
        each.addAll(together(heads, (int) config.count("num_single_layers", 38)));
        return new ModelText()
                .note("pictures of 1024 x 1024 and texts of " + TEXT_ROWS
                        + " rows, which no config says; places are told by")
                .note("a table that is added here, in the original by turning queries and keys")
                .entry("input latent { size " + SIDE + " x " + SIDE + ", channels " + elements / (PATCH * PATCH)
                        + ", patch " + PATCH + " }")
                .entry("condition [timestep, " + (config.flag("guidance_embeds", false) ? "guidance, " : "") + "pooled "
                        + config.count("pooled_projection_dim", 768) + ", text " + TEXT_ROWS + " of "
                        + config.count("joint_attention_dim", 4096) + "]")
                .entry("width", width)
                .entry("norm layernorm { epsilon 1e-6 }")
                .entry("output flow")
                .layers(each);
    }

    private static List<String> apart(long heads) {
        return List.of(
                ModelText.subLayer("attention", List.of("heads " + heads, "mask none", "qk_norm", "joint", MODULATED)),
                ModelText.subLayer("mlp", List.of("inner 4 * width", "activation gelu", "joint", MODULATED)));
    }

    /** One norm and one gate for attention and mlp, and one bias behind both. */
    private static List<List<String>> together(long heads, int layers) {
        List<String> layer = List.of(
                ModelText.subLayer(
                        "attention", List.of("heads " + heads, "mask none", "qk_norm", "bias qkv", MODULATED)),
                ModelText.subLayer(
                        "mlp", List.of("inner 4 * width", "activation gelu", "parallel", "norm shared", MODULATED)));
        var each = new ArrayList<List<String>>(Collections.nCopies(layers, layer));
        if (layers > 0) {
            each.set(0, joined(List.of("text { goes in }"), each.getFirst()));
            each.set(layers - 1, joined(each.getLast(), List.of("text { goes out }")));
        }
        return each;
    }

    private static List<String> joined(List<String> first, List<String> then) {
        var all = new ArrayList<>(first);
        all.addAll(then);
        return all;
    }
}
