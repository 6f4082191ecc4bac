package dev.dovetail.runtime.data;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Texts as corpora are published: a JSON object in each line, whose field `text` is a document. */
record JsonLines(Path file) {
    static final String ENDING = ".jsonl";

    private static final String FIELD = "text";

    static boolean isOne(Path file) {
        return file.getFileName().toString().endsWith(ENDING);
    }

    /** Each ends in a line break, so that no two run into one another. */
    List<Document> documents(byte[] bytes) {
        var documents = new ArrayList<Document>();
        int line = 0;
        for (String json : (Iterable<String>) new String(bytes, StandardCharsets.UTF_8).lines()::iterator) {
            line++;
            if (!json.isBlank()) {
                byte[] text = (text(json, line) + "\n").getBytes(StandardCharsets.UTF_8);
                documents.add(new Document("line " + line, text));
            }
        }
        return documents;
    }

    private String text(String json, int line) {
        JsonNode text;
        try {
            text = JsonMapper.shared().readTree(json).path(FIELD);
        } catch (JacksonException broken) {
            throw wrong(line, "is not JSON");
        }
        if (!text.isString()) {
            throw wrong(line, "has no text in `" + FIELD + "`");
        }
        return text.stringValue();
    }

    private DataException wrong(int line, String what) {
        return new DataException(
                "line " + line + " of the data file `" + file + "` " + what,
                "each line is an object such as `{\"" + FIELD + "\": \"once upon a time\"}`");
    }
}
