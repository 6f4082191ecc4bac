package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** Writes a model block of dense layers, each one attention and one mlp. */
final class ModelText {
    private final List<String> entries = new ArrayList<>();
    private final List<String> attention = new ArrayList<>();
    private final List<String> mlp = new ArrayList<>();
    private long layers = 1;

    ModelText entry(String entry) {
        entries.add(entry);
        return this;
    }

    ModelText entry(String name, Object value) {
        return entry(name + " " + value);
    }

    ModelText layers(long count) {
        layers = count;
        return this;
    }

    ModelText attention(String entry) {
        attention.add(entry);
        return this;
    }

    ModelText attention(String name, long value) {
        return attention(name + " " + value);
    }

    ModelText mlp(String entry) {
        mlp.add(entry);
        return this;
    }

    /** Both sub-layers say it: {@code parallel}, {@code norm post}. */
    ModelText both(String entry) {
        return attention(entry).mlp(entry);
    }

    /** A number as a spec writes it, exactly. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value).replace("E", "e");
    }

    /** The whole declaration. */
    String declaration(String name) {
        StringBuilder text = new StringBuilder("model " + name + " {\n");
        entries.forEach(entry -> text.append("  ").append(entry).append('\n'));
        text.append("  repeat ").append(layers).append(" {\n");
        text.append("    attention { ").append(String.join(", ", attention)).append(" }\n");
        text.append("    mlp { ").append(String.join(", ", mlp)).append(" }\n");
        return text.append("  }\n}\n").toString();
    }
}
