package dev.dovetail.grammar.resolve.huggingface;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The families of models that {@code families.json} describes, by {@code model_type}. */
final class FamilyCatalog {
    private static final JsonMapper WITH_COMMENTS =
            JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS).build();

    private static final String PART = "_";

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
        FamilyDescription description = described(about, description(type));
        if (about.has("usual") && about.get("usual").has(type)) {
            about.get("usual").get(type).forEachEntry(description.fields()::set);
        }
        return Optional.of(new ConfigFields(description.complete(config, synonyms)));
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
        return described(said, like);
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
