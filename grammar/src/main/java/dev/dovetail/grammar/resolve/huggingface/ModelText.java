package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;

/** Writes a model block: layers that are all one attention and one mlp, or stacks of other kinds. */
final class ModelText {
    private final List<String> entries = new ArrayList<>();
    private final List<String> attention = new ArrayList<>();
    private final List<String> mlp = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> stacks = new ArrayList<>();
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

    List<String> attentionEntries() {
        return List.copyOf(attention);
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

    /** A line said before the declaration, for what the entries cannot say. */
    ModelText note(String note) {
        notes.add("// " + note);
        return this;
    }

    /**
     * Layers after those said so far: instead of the one stack of attention and mlp.
     *
     * @param subLayers each with its block, such as {@code mlp { inner 100 }}
     */
    ModelText stack(long count, List<String> subLayers) {
        if (count > 0) {
            stacks.add(repeat(count, subLayers));
        }
        return this;
    }

    /** Layers in turn, the whole turn {@code count} times. */
    ModelText pattern(long count, List<List<String>> layers) {
        stacks.add(repeat(count, layers.stream().map(layer -> repeat(1, layer)).toList()));
        return this;
    }

    private static String repeat(long count, List<String> inside) {
        return "repeat " + count + " {\n" + String.join("\n", inside).indent(2) + "}";
    }

    /** A sub-layer said in one line. */
    static String subLayer(String name, List<String> entries) {
        return name + " { " + String.join(", ", entries) + " }";
    }

    /** The whole declaration. */
    String declaration(String name) {
        if (stacks.isEmpty()) {
            stack(layers, List.of(subLayer("attention", attention), subLayer("mlp", mlp)));
        }
        StringBuilder text = new StringBuilder();
        notes.forEach(note -> text.append(note).append('\n'));
        text.append("model ").append(name).append(" {\n");
        entries.forEach(entry -> text.append("  ").append(entry).append('\n'));
        stacks.forEach(stack -> text.append(stack.indent(2)));
        return text.append("}\n").toString();
    }
}
