package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** MM-DiT as the diffusers library says it (Stable Diffusion 3): a stream of patches and one of text, attending to both. */
final class JointDiffusionFamily implements Family {
    /** Rows that CLIP and T5 make of a text, as the library's pipeline asks for them: no config says. */
    private static final int CLIP_ROWS = 77;

    private static final int T5_ROWS = 256;

    private static final int HEAD_DIM = 64;

    @Override
    public ModelText read(ConfigFields config) {
        long heads = config.count("num_attention_heads");
        long width = heads * config.count("attention_head_dim", HEAD_DIM);
        long channels = config.count("in_channels");
        long side = config.count("sample_size");
        if (config.count("out_channels", channels) != channels) {
            throw new BrokenConfig("`out_channels` is not `in_channels`, and the flow of each channel is predicted");
        }
        if (config.count("caption_projection_dim", width) != width) {
            throw new UnsupportedConfig("a stream of text that is not as wide as that of patches is");
        }
        var attention = new ArrayList<>(List.of("heads " + heads, "mask none"));
        if (config.text("qk_norm", "").equals("rms_norm")) {
            attention.add("qk_norm");
        }
        int layers = (int) config.count("num_layers");
        var each = new ArrayList<>(Collections.nCopies(layers - 1, layer(attention, "joint", "joint")));
        each.add(layer(attention, "joint last", ""));
        for (long dual : config.counts("dual_attention_layers")) {
            requireLayer(dual, layers);
            var with = new ArrayList<>(each.get((int) dual));
            with.add(1, ofPatchesAlone(attention));
            each.set((int) dual, with);
        }
        int rows = CLIP_ROWS + T5_ROWS;
        return new ModelText()
                .note("texts of " + rows + " rows: " + CLIP_ROWS + " of CLIP and " + T5_ROWS
                        + " of T5, which no config says")
                .entry("input latent { size " + side + " x " + side + ", channels " + channels + ", patch "
                        + config.count("patch_size") + " }")
                .entry("condition [timestep, pooled " + config.count("pooled_projection_dim") + ", text " + rows
                        + " of " + config.count("joint_attention_dim") + "]")
                .entry("width", width)
                .entry("norm layernorm { epsilon 1e-6 }")
                .entry("output flow")
                .layers(each);
    }

    private static void requireLayer(long index, int layers) {
        if (index >= layers) {
            throw new BrokenConfig("`dual_attention_layers` names layer " + index + ", and there are " + layers);
        }
    }

    /** Beside the attention of both streams (MMDiT-X, Stable Diffusion 3.5 medium): it reads what that read. */
    private static String ofPatchesAlone(List<String> attention) {
        var attends = new ArrayList<>(attention);
        attends.addAll(List.of("parallel", "modulate adaln_zero"));
        return ModelText.subLayer("attention", attends);
    }

    private static List<String> layer(List<String> attention, String ofAttention, String ofMlp) {
        var mlp = new ArrayList<>(List.of("inner 4 * width", "activation gelu"));
        if (!ofMlp.isEmpty()) {
            mlp.add(ofMlp);
        }
        mlp.add("modulate adaln_zero");
        var attends = new ArrayList<>(attention);
        attends.addAll(List.of(ofAttention, "modulate adaln_zero"));
        return List.of(ModelText.subLayer("attention", attends), ModelText.subLayer("mlp", mlp));
    }
}
