package dev.dovetail.ir.print;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints a model's graphs, one line an operator, as {@code --emit=graph} shows them. */
public final class GraphPrinter {
    private GraphPrinter() {}

    /** Each kind of layer once, and how often it stands in the model. */
    public static String print(Model model) {
        var text = new StringBuilder();
        text.append("model ").append(model.name());
        text.append(": ").append(model.parameterCount()).append(" parameters\n");
        for (int kind = 0; kind < model.kinds().size(); kind++) {
            int at = kind;
            LayerKind layer = model.kinds().get(kind);
            long count = model.order().stream().filter(k -> k == at).count();
            text.append('\n');
            if (count > 1) {
                text.append(count).append(" x ");
            }
            text.append(print(layer.forward()));
        }
        return text.toString();
    }

    public static String print(Graph graph) {
        var lines = new ArrayList<String>();
        lines.add("graph " + graph.name());
        graph.inputs()
                .forEach(input -> lines.add("  input  " + typed(input.value()) + "  "
                        + input.source().name().toLowerCase(Locale.ROOT)
                        + (input.ahead() > 0 ? " + " + input.ahead() : "")));
        graph.parameters()
                .forEach(p -> lines.add("  param  " + typed(p.value())
                        + p.tiedTo().map(name -> "  tied to " + name).orElse("")
                        + (p.trained() ? "" : "  frozen")));
        graph.nodes().forEach(node -> lines.add("  " + line(node)));
        lines.add("  return " + names(graph.outputs()).collect(Collectors.joining(", ")));
        return String.join("\n", lines) + "\n";
    }

    private static String line(Node node) {
        String results = names(node.results()).collect(Collectors.joining(", "));
        String call = OperatorPrinter.print(node.op(), names(node.operands()).toList());
        return results + " = " + call + "  " + node.results().getFirst().type();
    }

    private static java.util.stream.Stream<String> names(List<Value> values) {
        return values.stream().map(Value::toString);
    }

    private static String typed(Value value) {
        return value + " " + value.type();
    }
}
