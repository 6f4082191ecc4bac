package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Which kind each layer is: as the config lists them, or by the rule of its family. */
final class LayerTypes {
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";
    static final String MAMBA = "mamba";
    static final String LINEAR = "linear_attention";

    static final String RECURRENT = "recurrent";
    static final String CONV = "conv";

    /** Attention and a state-space model that read the same (Falcon-H1). */
    static final String BESIDE = "hybrid";

    /** Layers of one sub-layer, which is no attention and no state-space model. */
    static final String DENSE = "dense";

    static final String ROUTED = "routed";

    /** Such layers as letters, one each (Nemotron-H). */
    static final String PATTERN = "hybrid_override_pattern";

    private LayerTypes() {}

    static List<String> of(ConfigFields config, long layers) {
        List<String> listed = config.words("layer_types");
        if (!listed.isEmpty()) {
            if (listed.size() != layers) {
                throw new BrokenConfig("`layer_types` lists " + listed.size() + " layers, the model has " + layers);
            }
            // The library now also calls layers of states linear attention.
            boolean states = config.has("ssm_kind");
            return listed.stream()
                    .map(LayerTypes::common)
                    .map(type -> type.equals(LINEAR) && states ? MAMBA : type)
                    .toList();
        }
        List<String> turns = config.words("block_types");
        if (!turns.isEmpty()) {
            return IntStream.iterate(0, i -> i < layers, i -> i + 1)
                    .mapToObj(i -> common(turns.get(i % turns.size())))
                    .map(type -> type.equals(FULL) && windows(config) ? SLIDING : type)
                    .toList();
        }
        String letters = config.text(PATTERN, "");
        if (!letters.isEmpty()) {
            return letters.chars().mapToObj(letter -> ofLetter((char) letter)).toList();
        }
        List<String> types = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            types.add(byRule(config, i));
        }
        return types;
    }

    private static String ofLetter(char letter) {
        return switch (letter) {
            case 'M' -> MAMBA;
            case '*' -> FULL;
            case '-' -> DENSE;
            case 'E' -> ROUTED;
            default -> throw new UnsupportedConfig("a layer of type `" + letter + "` is");
        };
    }

    private static String common(String type) {
        return switch (type) {
            case FULL, "attention", "global" -> FULL;
            case SLIDING, "local" -> SLIDING;
            case MAMBA -> MAMBA;
            case LINEAR -> LINEAR;
            case RECURRENT -> RECURRENT;
            case CONV -> CONV;
            default -> throw new UnsupportedConfig("a layer of type `" + type + "` is");
        };
    }

    private static boolean windows(ConfigFields config) {
        return config.countIfAny("sliding_window").isPresent() && config.flag("use_sliding_window", true);
    }

    private static String byRule(ConfigFields config, int layer) {
        if (config.flag("attention_beside_ssm", false)) {
            return BESIDE;
        }
        if (config.has("ssm_kind")) {
            long period = config.count("attn_layer_period", 0);
            boolean attends = config.counts("attn_layer_indices").contains((long) layer)
                    || (period > 0 && layer % period == config.count("attn_layer_offset", 0));
            return attends ? FULL : MAMBA;
        }
        if (config.has("conv_L_cache")) {
            boolean attends = !config.has("full_attn_idxs")
                    || config.counts("full_attn_idxs").contains((long) layer);
            return attends ? FULL : CONV;
        }
        long interval = config.count("full_attention_interval", 0);
        if (interval > 0) {
            return (layer + 1) % interval == 0 ? FULL : LINEAR;
        }
        if (!windows(config)) {
            return FULL;
        }
        long pattern = config.count("sliding_window_pattern", 0);
        boolean sliding = pattern > 0 ? (layer + 1) % pattern != 0 : layer >= config.count("max_window_layers", 0);
        return sliding ? SLIDING : FULL;
    }
}
