package dev.dovetail.grammar.resolve.huggingface;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Writes a model block: its entries, then its layers, those that repeat or take turns said once. */
final class ModelText {
    private final List<String> entries = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<String> stacks = new ArrayList<>();

    ModelText entry(String entry) {
        entries.add(entry);
        return this;
    }

    ModelText entry(String name, Object value) {
        return entry(name + " " + value);
    }

    /** A number as a spec writes it, exactly. */
    static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value).replace("E", "e");
    }

    /** What a model's projections have where neither it nor a sub-layer says: biases beside layer norms. */
    static String usualBias(ConfigFields config) {
        return config.text("norm", "rmsnorm").equals("layernorm") ? "all" : "none";
    }

    /** A line said before the declaration, for what the entries cannot say. */
    ModelText note(String note) {
        notes.add("// " + note);
        return this;
    }

    /**
     * All layers, each as its sub-layers.
     *
     * @param each such as {@code mlp { inner 100 }}, the sub-layers of every layer
     */
    ModelText layers(List<List<String>> each) {
        int turn = turn(each);
        if (turn == 0) {
            stacks.addAll(runs(each));
            return this;
        }
        int times = each.size() / turn;
        stacks.add(repeat(times, runs(each.subList(0, turn))));
        stacks.addAll(runs(each.subList(times * turn, each.size())));
        return this;
    }

    /** The length of the shortest sequence that layers repeat at least twice to their end; 0 where they do not take turns. */
    private static int turn(List<List<String>> each) {
        return IntStream.rangeClosed(2, each.size() / 2)
                .filter(turn -> !runsAlike(each)
                        && IntStream.range(turn, each.size())
                                .allMatch(i -> each.get(i).equals(each.get(i - turn))))
                .findFirst()
                .orElse(0);
    }

    private static boolean runsAlike(List<List<String>> each) {
        return each.stream().distinct().count() == 1;
    }

    /** Neighbouring layers that are equal are one stack. */
    private static List<String> runs(List<List<String>> each) {
        List<String> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= each.size(); i++) {
            if (i == each.size() || !each.get(i).equals(each.get(start))) {
                runs.add(repeat(i - start, each.get(start)));
                start = i;
            }
        }
        return runs;
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
        return block("model " + name);
    }

    /** The same under another headline: a model in the place where another names it. */
    String block(String headline) {
        StringBuilder text = new StringBuilder();
        notes.forEach(note -> text.append(note).append('\n'));
        text.append(headline).append(" {\n");
        entries.forEach(entry -> text.append("  ").append(entry).append('\n'));
        stacks.forEach(stack -> text.append(stack.indent(2)));
        return text.append("}\n").toString();
    }
}
