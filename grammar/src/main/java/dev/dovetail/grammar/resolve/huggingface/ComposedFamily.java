package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Models of two parts, an encoder and what reads it: each part is a model of some family, said in its place. */
final class ComposedFamily {
    private final FamilyCatalog catalog;

    ComposedFamily(FamilyCatalog catalog) {
        this.catalog = catalog;
    }

    /**
     * The declaration of the model.
     *
     * <p>The family describes {@code encoder} and {@code decoder}: {@code in}, the object of the config that
     *     describes the part, the config itself unless said; {@code as}, its family unless that object says it; {@code fields},
     *     what holds of it as a part
     * @param whole the config with the family's common names
     */
    String declaration(String name, String type, ObjectNode config, ConfigFields whole) {
        JsonNode parts = catalog.parts(type).orElseThrow();
        List<String> lines = new ArrayList<>();
        whole.words("notes").forEach(note -> lines.add("// " + note));
        lines.add("model " + name + " {");
        ConfigFields encoder = fields(parts.get("encoder"), config, whole);
        refuseLeading(whole, encoder);
        refuseOtherClasses(whole);
        refuseProbe(whole, encoder);
        lines.add(part(encoder, "encoder", unread(whole)));
        projector(whole, encoder).ifPresent(lines::add);
        lines.add(part(fields(parts.get("decoder"), config, whole), "decoder", 0));
        if (whole.flag("shared_table", false)) {
            lines.add("shared_table");
        }
        lines.add("}");
        return String.join("\n", lines) + "\n";
    }

    private ConfigFields fields(JsonNode part, ObjectNode config, ConfigFields whole) {
        boolean inside = part.has("in") && (config.has(part.get("in").asString()) || !part.has("or"));
        ObjectNode own = inside ? inside(config, part.get("in").asString()) : config;
        boolean says = own.has("model_type") && inside && !part.has("always");
        if (part.has("given")) {
            own = own.deepCopy();
            for (JsonNode field : part.get("given")) {
                own.set(field.asString(), whole.node(field.asString()));
            }
        }
        String usual = part.has("as") ? part.get("as").asString() : "";
        String type = says ? own.get("model_type").asString() : usual;
        return catalog.part(type, own, part).orElseThrow(() -> catalog.unreadable(type));
    }

    private static String part(ConfigFields fields, String headline, long unread) {
        ModelText text = new DecoderFamily().read(fields);
        if (unread > 0) {
            text.entry("unread", unread);
        }
        return text.block(headline);
    }

    private static ObjectNode inside(ObjectNode config, String field) {
        if (config.get(field) instanceof ObjectNode object) {
            return object;
        }
        throw new BrokenConfig("`" + field + "` is missing");
    }

    /** Layers behind the one whose rows are read: -1 is the last, -2 the one before. */
    private static long unread(ConfigFields whole) {
        long layer = whole.whole("vision_feature_layer", -1);
        if (layer >= 0) {
            throw new UnsupportedConfig("reading layer " + layer + " of the encoder, counted from its first, is");
        }
        return -1 - layer;
    }

    /** Rows that stand for the whole picture are not handed on. */
    private static void refuseLeading(ConfigFields whole, ConfigFields encoder) {
        String strategy = whole.text("vision_feature_select_strategy", "default");
        if (strategy.equals("full") && encoder.count("leading_rows", 0) > 0) {
            throw new UnsupportedConfig(
                    "handing on rows before the patches (`vision_feature_select_strategy` of `full`) is");
        }
    }

    /** Classes that have one of the two alone, or another head. */
    private static void refuseOtherClasses(ConfigFields whole) {
        whole.words("architectures").stream()
                .filter(name -> whole.flag("paired", false) && !name.endsWith("Model"))
                .findFirst()
                .ifPresent(name -> {
                    throw new UnsupportedConfig("what `" + name + "` makes of it is");
                });
    }

    /** What a learned row reads of a picture goes nowhere where each row is read. */
    private static void refuseProbe(ConfigFields whole, ConfigFields encoder) {
        if (encoder.flag("vision_use_head", false) && !whole.flag("paired", false)) {
            throw new UnsupportedConfig("`vision_use_head` of true is");
        }
    }

    private static Optional<String> projector(ConfigFields whole, ConfigFields encoder) {
        long layers = whole.count("projector_layers", 0);
        if (layers == 0) {
            return Optional.empty();
        }
        long side = whole.count("projector_merge_side", 1);
        long merge = whole.count("projector_merge", side * side);
        List<String> entries = new ArrayList<>();
        entries.add("layers " + layers);
        if (layers > 1) {
            entries.add("activation " + Activation.plain(whole.text("projector_hidden_act", "gelu")));
        }
        inner(whole, merge * encoder.count("hidden_size")).ifPresent(inner -> entries.add("inner " + inner));
        if (!whole.flag("projector_bias", true)) {
            entries.add("bias none");
        }
        if (merge > 1) {
            boolean narrowed = whole.has("projector_merge_width");
            entries.add("merge " + merge + (narrowed ? " { width " + encoder.count("hidden_size") + " }" : ""));
        }
        if (whole.has("projector_norm")) {
            boolean merged = whole.flag("projector_norm_merged", false);
            entries.add("norm " + whole.text("projector_norm", "") + (merged ? " { merged }" : ""));
        }
        if (whole.flag("newline", false)) {
            entries.add("lines " + SignalText.side(encoder));
        }
        return Optional.of("projector mlp { " + String.join(", ", entries) + " }");
    }

    /** @param merged the width of rows side by side, which is meant where the family says so by a word */
    private static Optional<Long> inner(ConfigFields whole, long merged) {
        return whole.isWhole("projector_inner") || !whole.has("projector_inner")
                ? whole.countIfAny("projector_inner")
                : Optional.of(merged);
    }
}
