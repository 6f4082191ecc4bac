package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decoders, and encoders of text and pictures, however they differ: reads the common fields that their family's description gives every config. */
record DecoderFamily() implements Family {
    @Override
    public ModelText read(ConfigFields config) {
        ModelText text = new ModelText();
        if (config.has("signal")) {
            SignalText.entries(config, text);
        } else {
            entries(config, text);
        }
        norm(config, text);
        HeadText.of(config).ifPresent(head -> text.entry("head", head));
        notes(config, text);
        long layers = config.count("num_hidden_layers");
        List<String> kinds = LayerTypes.of(config, layers);
        List<List<String>> each = new ArrayList<>();
        for (int i = 0; i < layers; i++) {
            each.add(layer(config, kinds.get(i), i));
        }
        return text.layers(each);
    }

    private static List<String> layer(ConfigFields config, String kind, int index) {
        if (kind.equals(LayerTypes.DENSE) || kind.equals(LayerTypes.ROUTED)) {
            return List.of(FeedForwardText.of(config, kind.equals(LayerTypes.ROUTED)));
        }
        List<String> subLayers = new ArrayList<>();
        subLayers.add(
                switch (kind) {
                    case LayerTypes.MAMBA -> SsmText.of(config);
                    case LayerTypes.LINEAR -> DeltaText.of(config);
                    case LayerTypes.RECURRENT -> LruText.of(config);
                    case LayerTypes.CONV -> ConvText.of(config);
                    default -> AttentionText.of(config, kind, index);
                });
        if (kind.equals(LayerTypes.BESIDE)) {
            subLayers.add(SsmText.beside(config));
        }
        if (config.flag("cross_attention", false)) {
            subLayers.add(AttentionText.crossing(config));
        }
        if (config.flag("has_mlp", !config.has(LayerTypes.PATTERN))) {
            subLayers.add(FeedForwardText.of(config, index));
        }
        FeedForwardText.residual(config).ifPresent(subLayers::add);
        return subLayers;
    }

    private static void entries(ConfigFields config, ModelText text) {
        text.entry("vocab", config.count("vocab_size"))
                .entry("width", config.count("hidden_size"))
                .entry("context", context(config));
        positions(config, text);
        long types = config.count("type_vocab_size", 0);
        if (types > 0) {
            text.entry("token_types", types);
        }
        long narrow = config.count("embedding_size", config.count("hidden_size"));
        if (narrow != config.count("hidden_size")) {
            text.entry("embed_width", narrow + (config.flag("embed_first", false) ? " { first }" : ""));
        }
        String tied = config.flag("tie_word_embeddings", false) ? "tied" : "untied";
        boolean transformed = HeadText.of(config).orElse("").contains("transform");
        boolean bias = transformed || config.flag("head_bias", false);
        text.entry("unembed", tied + (bias ? " { bias }" : ""));
        multipliers(config).ifPresent(text::entry);
    }

    /** Some families count rows that stand for no position. */
    private static long context(ConfigFields config) {
        return config.count("max_position_embeddings") - config.count("position_reserved", 0);
    }

    private static void positions(ConfigFields config, ModelText text) {
        String positions = config.text("positions", "rope");
        long idle = config.count("position_offset", config.count("position_reserved", 0));
        if (idle > 0) {
            // There they are the first rows, here the last: weights of its checkpoints would have to be moved.
            text.entry("positions " + positions + " { rows " + (context(config) + idle) + " }");
        } else if (!positions.equals("rope")) {
            text.entry("positions", positions);
        }
    }

    private static void norm(ConfigFields config, ModelText text) {
        text.entry(norm(config));
        if (config.flag("embed_norm", false)) {
            text.entry("embed_norm");
        }
        if (!config.flag("final_norm", true)) {
            text.entry("final_norm off");
        }
    }

    private static String norm(ConfigFields config) {
        String epsilon = "epsilon " + ModelText.number(config.positive("norm_eps", 1e-6));
        String weights = config.text("norm_weights", "all");
        return "norm " + config.text("norm", "rmsnorm") + " { " + epsilon
                + (weights.equals("all") ? "" : ", weights " + weights) + " }";
    }

    private static Optional<String> multipliers(ConfigFields config) {
        List<String> factors = new ArrayList<>();
        double root = config.flag("scale_embedding", false) ? Math.sqrt(config.count("hidden_size")) : 1;
        factor(factors, "embed", config.real("embedding_multiplier", root), 1);
        double deep = config.real("scale_depth", 0) / Math.sqrt(config.count("num_hidden_layers"));
        factor(factors, "residual", config.real("residual_multiplier", deep == 0 ? 1 : deep), 1);
        // T5 divides what it projects onto the table by the root of the width.
        double narrow = config.flag("narrow_logits", false) ? 1 / Math.sqrt(config.count("hidden_size")) : 1;
        double wide = config.count("hidden_size") / config.real("dim_model_base", config.count("hidden_size"));
        factor(factors, "logits", narrow * config.real("logit_scale", 1) / config.real("logits_scaling", wide), 1);
        factor(factors, "logit_cap", config.real("final_logit_softcapping", 0), 0);
        return factors.isEmpty() ? Optional.empty() : Optional.of("multipliers { " + String.join(", ", factors) + " }");
    }

    private static void factor(List<String> factors, String name, double value, double none) {
        if (value != none) {
            factors.add(name + " " + ModelText.number(value));
        }
    }

    private static void notes(ConfigFields config, ModelText text) {
        config.words("notes").forEach(text::note);
        long predictions = config.count("num_nextn_predict_layers", 0);
        if (predictions > 0) {
            text.note("without the " + predictions + " layer" + (predictions > 1 ? "s" : "")
                    + " that predict tokens further ahead, which are trained beside the model: `mtp " + predictions
                    + "` says them");
        }
    }
}
