package dev.dovetail.grammar.resolve.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The families of models that {@code families.json} describes, by {@code model_type}. */
final class FamilyCatalog {
    private static final JsonMapper WITH_COMMENTS =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private static final String PART = "_";

    /** What a config that stands alone must say; one within another may leave them to the library. */
    private static final Set<String> SIZES =
            Set.of("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size");

    private final JsonNode families;
    private final JsonNode defaults;

    /** What families that say no heads of their own make of their last layer, by the ending of a class's name. */
    private final JsonNode heads;

    private final List<String> later;

    /** The common name of each other name. */
    private final Map<String, String> synonyms = new LinkedHashMap<>();

    private FamilyCatalog(JsonNode root, JsonNode defaults) {
        families = root.get("families");
        heads = root.get("heads");
        this.defaults = defaults;
        later = root.get("later").valueStream().map(JsonNode::asString).toList();
        root.get("synonyms")
                .forEachEntry((common, names) -> names.forEach(name -> synonyms.put(name.asString(), common)));
    }

    static FamilyCatalog shipped() {
        return new FamilyCatalog(resource("families.json"), resource("defaults.json"));
    }

    private static JsonNode resource(String name) {
        try (InputStream text = FamilyCatalog.class.getResourceAsStream(name)) {
            return WITH_COMMENTS.readTree(text);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** Why a config of that type cannot be read: nobody knows it, or it cannot be said yet. */
    RuntimeException unreadable(String type) {
        return later.contains(type)
                ? new UnsupportedConfig("a model of type `" + type + "` is")
                : new UnknownModelType(type, names());
    }

    /** Types that configs may have; what begins otherwise than with a letter is a part of others. */
    List<String> names() {
        return families.propertyStream()
                .map(Map.Entry::getKey)
                .filter(name -> !name.startsWith(PART))
                .toList();
    }

    /** The parts of a model that is made of others. */
    Optional<JsonNode> parts(String type) {
        JsonNode said = families.get(type);
        if (said == null) {
            return Optional.empty();
        }
        return said.has("parts")
                ? Optional.of(said.get("parts"))
                : Optional.ofNullable(said.get("like")).flatMap(like -> parts(like.asString()));
    }

    /**
     * How models of a family are said.
     *
     * @param architecture the library's class
     * @param fields from each field of its configs to the common one
     */
    record Writing(String architecture, Map<String, String> fields) {}

    /** Types whose configs can be written, the plainest first. */
    List<String> writable() {
        return names().stream().filter(name -> families.get(name).has("writes")).toList();
    }

    Writing writing(String type) {
        JsonNode said = families.get(type).get("writes");
        Map<String, String> fields = new LinkedHashMap<>();
        for (JsonNode field : said.get("fields")) {
            String[] names = field.asString().split(" = ");
            fields.put(names[0], names[names.length - 1]);
        }
        return new Writing(said.get("class").asString(), fields);
    }

    /** What the library calls the weights of that type's models; empty where nobody has said. */
    Optional<HuggingFaceWeights> weights(String type) {
        Map<String, String> names = new LinkedHashMap<>();
        List<String> prefixes = new ArrayList<>();
        addWeights(type, names, prefixes);
        return names.isEmpty() ? Optional.empty() : Optional.of(new HuggingFaceWeights(names, prefixes));
    }

    /** A family's own names, on top of those of the one that it is like. */
    private void addWeights(String type, Map<String, String> names, List<String> prefixes) {
        JsonNode said = families.get(type);
        if (said == null) {
            return;
        }
        Optional.ofNullable(said.get("like")).ifPresent(like -> addWeights(like.asString(), names, prefixes));
        if (said.has("weights")) {
            said.get("weights").forEachEntry((ours, theirs) -> names.put(ours, theirs.asString()));
        }
        if (said.has("prefixes")) {
            said.get("prefixes").forEach(prefix -> prefixes.add(prefix.asString()));
        }
    }

    /** The fields of a model of that type that is part of another, of which {@code about} says what it does not say itself. */
    Optional<ConfigFields> part(String type, ObjectNode config, JsonNode about) {
        if (!families.has(type)) {
            return Optional.empty();
        }
        FamilyDescription description = described(about, description(type, true));
        return Optional.of(new ConfigFields(description.complete(config, synonyms)));
    }

    /** A config of that type with common names and all fields. */
    Optional<ConfigFields> fields(String type, ObjectNode config) {
        return families.has(type)
                ? Optional.of(new ConfigFields(description(type, false).complete(config, synonyms)))
                : Optional.empty();
    }

    /**
     * What the family says, on top of what the one that it is like says.
     *
     * @param within whether its configs are parts of others, which need not say sizes
     */
    private FamilyDescription description(String type, boolean within) {
        JsonNode said = families.get(type);
        FamilyDescription like = said.has("like")
                ? description(said.get("like").asString(), within)
                : new FamilyDescription(Map.of(), usual(), Map.of(), Map.of());
        FamilyDescription description = described(said, like);
        defaults.path(type).forEachEntry((field, value) -> {
            if (within || !SIZES.contains(field) || description.fields().has(field)) {
                description.fields().set(field, value);
            }
        });
        return description;
    }

    private ObjectNode usual() {
        ObjectNode usual = WITH_COMMENTS.createObjectNode();
        usual.set("head_of", heads);
        return usual;
    }

    private static FamilyDescription described(JsonNode said, FamilyDescription like) {
        Map<String, String> rename = new LinkedHashMap<>(like.rename());
        entries(said, "rename").forEach((from, to) -> rename.put(from, to.asString()));
        ObjectNode fields = like.fields().deepCopy();
        entries(said, "fields").forEach(fields::set);
        Map<String, JsonNode> when = new LinkedHashMap<>(like.when());
        when.putAll(entries(said, "when"));
        Map<String, JsonNode> refuse = new LinkedHashMap<>(like.refuse());
        refuse.putAll(entries(said, "refuse"));
        return new FamilyDescription(rename, fields, when, refuse);
    }

    private static Map<String, JsonNode> entries(JsonNode said, String part) {
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        if (said.has(part)) {
            said.get(part).forEachEntry(entries::put);
        }
        return entries;
    }
}
