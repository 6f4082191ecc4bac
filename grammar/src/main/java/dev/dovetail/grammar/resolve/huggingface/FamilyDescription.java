package dev.dovetail.grammar.resolve.huggingface;

import java.util.Arrays;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a family's configs mean, as data: other names of fields, values of fields that a config leaves out, and what follows from
 * others. After it every config has the same fields with the same meaning.
 *
 * @param rename from a field's name in this family, dots between an object and its fields, to the common one
 * @param fields what the family's configs need not say: defaults of the library, and facts of the architecture
 * @param when by conditions such as {@code alibi=true,multi_query=false}: fields that then have these values
 * @param refuse fields that may only have this value, or none
 */
record FamilyDescription(
        Map<String, String> rename, ObjectNode fields, Map<String, JsonNode> when, Map<String, JsonNode> refuse) {

    /** The config's fields under their common names, complete. */
    ObjectNode complete(ObjectNode config, Map<String, String> synonyms) {
        ObjectNode complete = config.deepCopy();
        rename.forEach((from, to) -> move(config, complete, from, to));
        synonyms.forEach((from, to) -> {
            if (complete.has(from) && !complete.has(to)) {
                complete.set(to, complete.get(from));
            }
        });
        fields.forEachEntry((name, value) -> {
            if (!complete.has(name)) {
                complete.set(name, value);
            }
        });
        when.forEach((conditions, values) -> {
            if (Arrays.stream(conditions.split(",")).allMatch(condition -> holds(complete, condition))) {
                values.forEachEntry(complete::set);
            }
        });
        refuse.forEach((name, allowed) -> requireAllowed(complete, name, allowed));
        return complete;
    }

    private static void move(ObjectNode config, ObjectNode complete, String from, String to) {
        JsonNode value = config;
        for (String part : from.split("\\.")) {
            value = value == null ? null : value.get(part);
        }
        if (value != null) {
            complete.remove(from);
            complete.set(to, value);
        }
    }

    private static boolean holds(ObjectNode complete, String condition) {
        String[] sides = condition.split("=");
        JsonNode value = complete.get(sides[0]);
        return value != null && value.asString().equals(sides[1]);
    }

    private static void requireAllowed(ObjectNode complete, String name, JsonNode allowed) {
        JsonNode value = complete.get(name);
        if (value != null && !value.isNull() && !value.equals(allowed)) {
            throw new UnsupportedConfig("`" + name + "` of " + value + " is");
        }
    }
}
