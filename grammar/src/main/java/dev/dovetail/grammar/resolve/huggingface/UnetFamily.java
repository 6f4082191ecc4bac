package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A UNet that text crosses to, as the diffusers library says it (Stable Diffusion 1 and 2, and XL). */
final class UnetFamily implements Family {
    /** Rows that CLIP makes of a text: no config says. */
    private static final int TEXT_ROWS = 77;

    private static final String PLAIN = "Block2D";
    private static final String CROSSED = "CrossAttn";

    /** The width of what is told, as a multiple of the first stream's. */
    private static final int TOLD = 4;

    /** One end of a list for each resolution. */
    private record Level(long width, long heads, long depth, boolean crosses) {
        String resnet(String entry) {
            return ModelText.subLayer(
                    "resnet", entry.isEmpty() ? List.of("width " + width) : List.of("width " + width, entry));
        }

        List<String> transformer(String entry) {
            if (!crosses) {
                return List.of();
            }
            var said = new ArrayList<>(List.of("heads " + heads, "depth " + depth, "cross"));
            if (!entry.isEmpty()) {
                said.add(entry);
            }
            return List.of(ModelText.subLayer("transformer", said));
        }
    }

    @Override
    public ModelText read(ConfigFields config) {
        List<Long> widths = config.counts("block_out_channels");
        long layers = config.count("layers_per_block", 2);
        refuse(config, widths);
        List<Level> down = levels(config, widths, config.words("down_block_types"), "Down");
        List<Level> up = levels(config, widths, config.words("up_block_types").reversed(), "Up");
        var each = new ArrayList<List<String>>();
        for (int i = 0; i < down.size(); i++) {
            each.addAll(Collections.nCopies((int) layers, kept(down.get(i))));
            if (i < down.size() - 1) {
                each.add(List.of(ModelText.subLayer("resample", List.of("to half", "keep"))));
            }
        }
        each.add(middle(down.getLast()));
        for (int i = up.size() - 1; i >= 0; i--) {
            each.addAll(Collections.nCopies((int) layers + 1, taken(up.get(i))));
            if (i > 0) {
                each.add(List.of(ModelText.subLayer("resample", List.of("to double"))));
            }
        }
        long channels = config.count("in_channels", 4);
        long side = config.count("sample_size");
        long first = widths.getFirst();
        String pooled = config.text("addition_embed_type", "").equals("text_time")
                ? ", pooled " + config.count("projection_class_embeddings_input_dim")
                : "";
        return new ModelText()
                .note("texts of " + TEXT_ROWS + " rows, which no config says")
                .entry("input latent { size " + side + " x " + side + ", channels " + channels
                        + ", convolution 3 { keep } }")
                .entry("condition [timestep " + first + ", width " + TOLD * first + pooled + ", text " + TEXT_ROWS
                        + " of " + config.count("cross_attention_dim") + "]")
                .entry("width", first)
                .entry("norm layernorm { epsilon " + ModelText.number(config.real("norm_eps", 1e-5)) + " }")
                .entry("norm_groups", config.count("norm_num_groups", 32))
                .entry("output noise")
                .layers(each);
    }

    private static void refuse(ConfigFields config, List<Long> widths) {
        if (widths.isEmpty()) {
            throw new BrokenConfig("`block_out_channels` lists no width");
        }
        if (config.count("out_channels", 4) != config.count("in_channels", 4)) {
            throw new UnsupportedConfig("a UNet that reads other channels than it predicts is");
        }
        String added = config.text("addition_embed_type", "");
        if (!added.isEmpty() && !added.equals("text_time")) {
            throw new UnsupportedConfig("an `addition_embed_type` other than `text_time` is");
        }
        if (!config.text("mid_block_type", "UNetMidBlock2DCrossAttn").equals("UNetMidBlock2DCrossAttn")) {
            throw new UnsupportedConfig("a `mid_block_type` other than `UNetMidBlock2DCrossAttn` is");
        }
    }

    private static List<Level> levels(ConfigFields config, List<Long> widths, List<String> types, String way) {
        if (types.size() != widths.size()) {
            throw new BrokenConfig(types.size() + " blocks " + way.toLowerCase(java.util.Locale.ROOT) + " for "
                    + widths.size() + " widths");
        }
        var levels = new ArrayList<Level>();
        for (int i = 0; i < widths.size(); i++) {
            boolean crosses = types.get(i).equals(CROSSED + way + PLAIN);
            if (!crosses && !types.get(i).equals(way + PLAIN)) {
                throw new UnsupportedConfig("a block `" + types.get(i) + "` is");
            }
            // The library calls the number of heads their size.
            levels.add(new Level(
                    widths.get(i),
                    one(config, "attention_head_dim", i, 8),
                    one(config, "transformer_layers_per_block", i, 1),
                    crosses));
        }
        return levels;
    }

    /** An entry that is one number for all resolutions, or a list. */
    private static long one(ConfigFields config, String field, int level, long otherwise) {
        List<Long> listed = config.isWhole(field) ? List.of() : config.counts(field);
        return listed.isEmpty() ? config.count(field, otherwise) : listed.get(Math.min(level, listed.size() - 1));
    }

    private static List<String> kept(Level level) {
        var layer = new ArrayList<>(List.of(level.resnet(level.crosses() ? "" : "keep")));
        layer.addAll(level.transformer("keep"));
        return layer;
    }

    private static List<String> taken(Level level) {
        var layer = new ArrayList<>(List.of(level.resnet("take")));
        layer.addAll(level.transformer(""));
        return layer;
    }

    private static List<String> middle(Level last) {
        var crossing = new Level(last.width(), last.heads(), last.depth(), true);
        var layer = new ArrayList<>(List.of(crossing.resnet("")));
        layer.addAll(crossing.transformer(""));
        layer.add(crossing.resnet(""));
        return layer;
    }
}
