package dev.dovetail.grammar.resolve.huggingface;

import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A {@code config.json} and the model it describes, said in the spec language. */
public final class HuggingFaceConfig {
    private static final FamilyCatalog FAMILIES = FamilyCatalog.shipped();

    /** Classes of the diffusers library that can be read. */
    private static final List<String> PICTURES =
            List.of("DiTTransformer2DModel", "FluxTransformer2DModel", "SD3Transformer2DModel", "UNet2DConditionModel");

    /** Python writes NaN and Infinity: limits of Mamba-2's steps are [0.0, Infinity]. */
    private static final JsonMapper NUMBERS_OF_PYTHON = JsonMapper.builder()
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private HuggingFaceConfig() {}

    /**
     * The declaration of the model, in the spec language.
     *
     * @throws BrokenConfig where the text is no config
     * @throws UnknownModelType where no family has that {@code model_type}
     * @throws UnsupportedConfig where the model is of a kind that is still to come
     */
    public static String declaration(String name, String json) {
        ObjectNode root = parsed(json);
        Optional<Family> picture = pictures(root);
        if (picture.isPresent()) {
            return picture.get().read(new ConfigFields(root)).declaration(name);
        }
        String type = type(root).orElseThrow(() -> new BrokenConfig("`model_type` is missing"));
        ConfigFields fields = FAMILIES.fields(type, root).orElseThrow(() -> FAMILIES.unreadable(type));
        return FAMILIES.parts(type).isPresent()
                ? new ComposedFamily(FAMILIES).declaration(name, type, root, fields)
                : new DecoderFamily().read(fields).declaration(name);
    }

    /** Configs of the diffusers library name a class in the place of a type. */
    private static Optional<Family> pictures(ObjectNode root) {
        JsonNode name = root.get("_class_name");
        return switch (name == null || !name.isString() ? "" : name.stringValue()) {
            case "DiTTransformer2DModel" -> Optional.of(new DiffusionTransformerFamily());
            case "UNet2DConditionModel" -> Optional.of(new UnetFamily());
            case "FluxTransformer2DModel" -> Optional.of(new FluxFamily());
            case "SD3Transformer2DModel" -> Optional.of(new JointDiffusionFamily());
            case "" -> Optional.empty();
            case String other when root.has("model_type") -> Optional.empty();
            case String other -> throw new UnknownModelType(other, PICTURES);
        };
    }

    /** Every {@code model_type} that can be read. */
    public static List<String> types() {
        return FAMILIES.names();
    }

    /** Whether configs of that kind can be read. */
    public static boolean knows(String json) {
        ObjectNode root = parsed(json);
        return pictures(root).isPresent() || type(root).map(types()::contains).orElse(false);
    }

    /** The {@code model_type} of a config; of those that have none, their class. */
    public static String type(String json) {
        ObjectNode root = parsed(json);
        return type(root).orElse(root.path("_class_name").asString(""));
    }

    private static Optional<String> type(JsonNode root) {
        JsonNode type = root.get("model_type");
        return type == null || !type.isString() ? Optional.empty() : Optional.of(type.stringValue());
    }

    private static ObjectNode parsed(String json) {
        JsonNode root;
        try {
            root = NUMBERS_OF_PYTHON.readTree(json);
        } catch (JacksonException broken) {
            throw new BrokenConfig("not JSON: "
                    + broken.getOriginalMessage().lines().findFirst().orElse("unreadable"));
        }
        if (root instanceof ObjectNode object) {
            return object;
        }
        throw new BrokenConfig("not a JSON object");
    }
}
