package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The {@code rope} entry of a layer. Fields, defaults and formulas as in the {@code transformers} library. */
final class RopeText {
    private final ConfigFields config;
    private final List<String> entries = new ArrayList<>();

    private RopeText(ConfigFields config) {
        this.config = config;
    }

    /** Absent where the model has other positions. */
    static Optional<String> of(ConfigFields config, String kind, int layer) {
        if (!config.text("positions", "rope").equals("rope")) {
            return Optional.empty();
        }
        return Optional.of(
                turns(config, kind, layer)
                        ? "rope { " + String.join(", ", new RopeText(config).entries(kind)) + " }"
                        : "rope { fraction 0 }");
    }

    /** Some models turn nothing in some layers. */
    private static boolean turns(ConfigFields config, String kind, int layer) {
        List<Long> listed = config.counts("no_rope_layers");
        boolean global = kind.equals(LayerTypes.FULL);
        if (layer < listed.size()) {
            return listed.get(layer) != 0;
        }
        long interval = config.count("no_rope_layer_interval", 0);
        return (interval == 0 || (layer + 1) % interval != 0) && (!global || config.flag("rope_in_full_layers", true));
    }

    private List<String> entries(String kind) {
        boolean local = kind.equals(LayerTypes.SLIDING) && config.has("rope_local_base_freq");
        Optional<ConfigFields> scaling = parameters(kind);
        double usual = config.positive("rope_theta", 10000);
        double theta = scaling.map(said -> said.positive("rope_theta", usual)).orElse(usual);
        boolean each =
                config.object("rope_parameters").map(all -> all.has(kind)).orElse(false);
        add("theta", local && !each ? config.positive("rope_local_base_freq", 10000) : theta);
        double fraction = fraction(scaling);
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new BrokenConfig("positions turn " + ModelText.number(fraction) + " of a head, which has one whole");
        }
        if (fraction != 1) {
            add("fraction", fraction);
        }
        boolean scaled = kind.equals(LayerTypes.FULL) || !config.flag("rope_scaling_in_full_layers", false);
        if (scaled) {
            scaling.ifPresent(this::scaling);
        }
        return entries;
    }

    /** Newer configs say everything about positions in one object, some of them in one for each kind of layer. */
    private Optional<ConfigFields> parameters(String kind) {
        return config.object("rope_scaling")
                .or(() -> config.object("rope_parameters")
                        .map(all -> all.object(kind).orElse(all)));
    }

    private double fraction(Optional<ConfigFields> said) {
        Optional<Long> rotated = config.countIfAny("rotary_dim");
        double usual = config.real("partial_rotary_factor", 1);
        return rotated.isPresent()
                ? (double) rotated.get() / AttentionText.headDim(config)
                : said.map(parameters -> parameters.real("partial_rotary_factor", usual))
                        .orElse(usual);
    }

    private void add(String name, double value) {
        entries.add(name + " " + ModelText.number(value));
    }

    static String type(ConfigFields scaling) {
        return scaling.text("rope_type", scaling.text("type", "default"));
    }

    private void scaling(ConfigFields scaling) {
        switch (type(scaling)) {
            case "default" -> {}
            case "llama3" -> {
                add("factor", scaling.real("factor", 8));
                add("low_frequency_factor", scaling.real("low_freq_factor", 1));
                add("high_frequency_factor", scaling.real("high_freq_factor", 4));
                add("original_context", scaling.count("original_max_position_embeddings", 8192));
            }
            case "linear" -> {
                entries.add("scaling linear");
                add("factor", scaling.real("factor", 1));
            }
            case "yarn" -> yarn(scaling);
            case "longrope", "su" -> longRope(scaling);
            case String other -> throw new UnsupportedConfig("rope scaling of type `" + other + "` is");
        }
    }

    private void yarn(ConfigFields scaling) {
        double factor = scaling.real("factor", 1);
        entries.add("scaling yarn");
        add("factor", factor);
        add("low_frequency_factor", scaling.real("beta_slow", 1));
        add("high_frequency_factor", scaling.real("beta_fast", 32));
        add("original_context", originalContext(scaling));
        if (!scaling.flag("truncate", true)) {
            entries.add("fractional");
        }
        double all = scaling.real("mscale_all_dim", 0);
        double some = scaling.real("mscale", 0);
        double usual = all != 0 && some != 0
                ? yarnMagnitude(factor, some) / yarnMagnitude(factor, all)
                : yarnMagnitude(factor, 1);
        magnitude(scaling.real("attention_factor", usual));
    }

    /** 0.1 m ln(s) + 1, as the YaRN paper fits it for m = 1. */
    static double yarnMagnitude(double factor, double weight) {
        return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
    }

    private double originalContext(ConfigFields scaling) {
        return scaling.count(
                "original_max_position_embeddings",
                config.count("original_max_position_embeddings", config.count("max_position_embeddings")));
    }

    /** The divisors for sequences beyond the original context, which the model's context allows. */
    private void longRope(ConfigFields scaling) {
        double original = originalContext(scaling);
        double stretch = config.count("max_position_embeddings") / original;
        String divisors = scaling.reals(stretch > 1 ? "long_factor" : "short_factor").stream()
                .map(ModelText::number)
                .collect(Collectors.joining(", "));
        entries.add("scaling listed");
        entries.add("divisors [" + divisors + "]");
        double usual = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original));
        magnitude(scaling.real("attention_factor", usual));
    }

    private void magnitude(double magnitude) {
        if (magnitude != 1) {
            add("magnitude", magnitude);
        }
    }
}
