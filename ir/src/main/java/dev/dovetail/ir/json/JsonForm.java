package dev.dovetail.ir.json;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What all JSON forms share: the schema's number and how text is laid out. */
public final class JsonForm {
    /** Changes only when a key changes its meaning; additions leave it. */
    public static final int SCHEMA = 1;

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonForm() {}

    /** A new object that begins with the schema's number and the form's name. */
    static ObjectNode form(String name) {
        ObjectNode object = object();
        object.put("schema", SCHEMA);
        object.put("form", name);
        return object;
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /** Indented text; keys in the order in which they were put. */
    public static String print(JsonNode node) {
        return MAPPER.writeValueAsString(node) + "\n";
    }

    public static JsonNode parse(String text) {
        return MAPPER.readTree(text);
    }
}
