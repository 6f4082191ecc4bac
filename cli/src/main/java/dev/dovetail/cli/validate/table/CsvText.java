package dev.dovetail.cli.validate.table;

import java.util.ArrayList;
import java.util.List;

/** Comma-separated values as RFC 4180 has them: fields in quotes may hold commas, line ends and doubled quotes. */
public final class CsvText {
    private final String text;
    private int at;

    private CsvText(String text) {
        this.text = text;
    }

    /** Records in order; blank lines are none. */
    static List<List<String>> records(String text) {
        var csv = new CsvText(text);
        var records = new ArrayList<List<String>>();
        while (csv.at < text.length()) {
            List<String> fields = csv.record();
            if (fields.size() > 1 || !fields.getFirst().isBlank()) {
                records.add(fields);
            }
        }
        return records;
    }

    private List<String> record() {
        var fields = new ArrayList<String>();
        fields.add(field());
        while (at < text.length() && text.charAt(at) == ',') {
            at++;
            fields.add(field());
        }
        if (at < text.length()) {
            at += text.startsWith("\r\n", at) ? 2 : 1;
        }
        return fields;
    }

    private String field() {
        if (at < text.length() && text.charAt(at) == '"') {
            at++;
            return quoted();
        }
        return bare(new StringBuilder());
    }

    private String quoted() {
        var value = new StringBuilder();
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c != '"') {
                value.append(c);
            } else if (at < text.length() && text.charAt(at) == '"') {
                value.append('"');
                at++;
            } else {
                return bare(value);
            }
        }
        return value.toString();
    }

    private String bare(StringBuilder value) {
        while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
            value.append(text.charAt(at++));
        }
        return value.toString();
    }

    /** A field as a file holds it. */
    public static String quote(String field) {
        boolean plain = field.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? field : '"' + field.replace("\"", "\"\"") + '"';
    }
}
