package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The fields of a config, read with the defaults of their family; what is wrong with one names the field. */
final class ConfigFields {
    private final JsonNode json;

    ConfigFields(JsonNode json) {
        this.json = json;
    }

    /** Whether the config says the field; null counts as absent. */
    boolean has(String field) {
        return find(field).isPresent();
    }

    /** Whether the field is a number, where it may also be a word. */
    boolean isWhole(String field) {
        return find(field).map(JsonNode::isIntegralNumber).orElse(false);
    }

    long count(String field) {
        return find(field)
                .map(node -> whole(field, node))
                .orElseThrow(() -> new BrokenConfig("`" + field + "` is missing"));
    }

    long count(String field, long otherwise) {
        return find(field).map(node -> whole(field, node)).orElse(otherwise);
    }

    Optional<Long> countIfAny(String field) {
        return find(field).map(node -> whole(field, node));
    }

    /** A whole number that may be below zero. */
    long whole(String field, long otherwise) {
        return find(field)
                .map(node -> {
                    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
                        throw new BrokenConfig("`" + field + "` is not a whole number: " + node);
                    }
                    return node.longValue();
                })
                .orElse(otherwise);
    }

    double real(String field, double otherwise) {
        return find(field).map(node -> number(field, node)).orElse(otherwise);
    }

    /** A number above zero. */
    double positive(String field, double otherwise) {
        double value = real(field, otherwise);
        if (value <= 0) {
            throw new BrokenConfig("`" + field + "` must be above zero: " + ModelText.number(value));
        }
        return value;
    }

    boolean flag(String field, boolean otherwise) {
        return find(field).map(node -> truth(field, node)).orElse(otherwise);
    }

    String text(String field, String otherwise) {
        return find(field).map(node -> word(field, node)).orElse(otherwise);
    }

    /** Whole numbers; none where the field is absent. */
    List<Long> counts(String field) {
        List<Long> counts = new ArrayList<>();
        list(field).ifPresent(list -> list.forEach(node -> counts.add(whole(field, node))));
        return counts;
    }

    /** Numbers; none where the field is absent. */
    List<Double> reals(String field) {
        List<Double> reals = new ArrayList<>();
        list(field).ifPresent(list -> list.forEach(node -> reals.add(number(field, node))));
        return reals;
    }

    /** Words; none where the field is absent. */
    List<String> words(String field) {
        List<String> words = new ArrayList<>();
        list(field).ifPresent(list -> list.forEach(node -> words.add(word(field, node))));
        return words;
    }

    /** An object field; null counts as absent. */
    Optional<ConfigFields> object(String field) {
        return find(field).map(node -> {
            if (!node.isObject()) {
                throw new BrokenConfig("`" + field + "` is not an object");
            }
            return new ConfigFields(node);
        });
    }

    /** Names of this object's fields. */
    List<String> names() {
        return json.propertyStream().map(Map.Entry::getKey).toList();
    }

    /** This object's fields, each of which is text. */
    Map<String, String> entries() {
        Map<String, String> entries = new LinkedHashMap<>();
        json.forEachEntry((name, node) -> entries.put(name, word(name, node)));
        return entries;
    }

    private Optional<JsonNode> list(String field) {
        return find(field).map(node -> {
            if (!node.isArray()) {
                throw new BrokenConfig("`" + field + "` is not a list: " + node);
            }
            return node;
        });
    }

    private Optional<JsonNode> find(String field) {
        JsonNode node = json.get(field);
        return node == null || node.isNull() ? Optional.empty() : Optional.of(node);
    }

    /** The field as the config has it. */
    JsonNode node(String field) {
        return find(field).orElseThrow(() -> new BrokenConfig("`" + field + "` is missing"));
    }

    /** A number, or a list of the same: the sides of something square, or what each of the layers is. */
    private static long whole(String field, JsonNode node) {
        if (node.isArray() && !node.isEmpty()) {
            if (node.valueStream().distinct().count() > 1) {
                throw new UnsupportedConfig("`" + field + "` of " + node + " is");
            }
            return whole(field, node.get(0));
        }
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
            throw new BrokenConfig("`" + field + "` is not a whole number: " + node);
        }
        return node.longValue();
    }

    private static double number(String field, JsonNode node) {
        if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
            throw new BrokenConfig("`" + field + "` is not a number: " + node);
        }
        return node.doubleValue();
    }

    private static boolean truth(String field, JsonNode node) {
        if (!node.isBoolean()) {
            throw new BrokenConfig("`" + field + "` is not true or false: " + node);
        }
        return node.booleanValue();
    }

    private static String word(String field, JsonNode node) {
        if (!node.isString()) {
            throw new BrokenConfig("`" + field + "` is not text: " + node);
        }
        return node.stringValue();
    }
}
