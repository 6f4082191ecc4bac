package dev.dovetail.grammar.resolve.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The families of decoders that {@code families.json} describes, by {@code model_type}. */
final class FamilyCatalog {
    private static final JsonMapper WITH_COMMENTS =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private final JsonNode families;
    private final List<String> later;

    /** The common name of each other name. */
    private final Map<String, String> synonyms = new LinkedHashMap<>();

    private FamilyCatalog(JsonNode root) {
        families = root.get("families");
        later = root.get("later").valueStream().map(JsonNode::asString).toList();
        root.get("synonyms")
                .forEachEntry((common, names) -> names.forEach(name -> synonyms.put(name.asString(), common)));
    }

    static FamilyCatalog shipped() {
        try (InputStream text = FamilyCatalog.class.getResourceAsStream("families.json")) {
            return new FamilyCatalog(WITH_COMMENTS.readTree(text));
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    /** Types that are told apart from unknown ones, though they cannot be read yet. */
    List<String> later() {
        return later;
    }

    List<String> names() {
        return families.propertyStream().map(Map.Entry::getKey).toList();
    }

    /** A config of that type with common names and all fields. */
    Optional<ConfigFields> fields(String type, ObjectNode config) {
        return families.has(type)
                ? Optional.of(new ConfigFields(description(type).complete(config, synonyms)))
                : Optional.empty();
    }

    /** What the family says, on top of what the one that it is like says. */
    private FamilyDescription description(String type) {
        JsonNode said = families.get(type);
        FamilyDescription like = said.has("like")
                ? description(said.get("like").asString())
                : new FamilyDescription(Map.of(), WITH_COMMENTS.createObjectNode(), Map.of(), Map.of());
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
