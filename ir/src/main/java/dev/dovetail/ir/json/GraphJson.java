package dev.dovetail.ir.json;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A model's graphs: each kind of layer once, and the order they stand in. */
public final class GraphJson {
    private GraphJson() {}

    public static ObjectNode write(Model model) {
        ObjectNode object = JsonForm.form("graph");
        object.put("name", model.name());
        object.put("parameters", model.parameterCount());
        ArrayNode kinds = object.putArray("kinds");
        for (LayerKind kind : model.kinds()) {
            ObjectNode layer = kinds.addObject();
            layer.put("name", kind.name());
            layer.put("role", TypeJson.word(kind.role()));
            layer.set("graph", write(kind.forward()));
        }
        ArrayNode order = object.putArray("order");
        model.order().forEach(kind -> order.add((int) kind));
        return object;
    }

    static ObjectNode write(Graph graph) {
        ObjectNode object = JsonForm.object();
        object.put("name", graph.name());
        ArrayNode inputs = object.putArray("inputs");
        graph.inputs().forEach(input -> {
            ObjectNode node = value(input.value()).put("source", TypeJson.word(input.source()));
            inputs.add(input.ahead() > 0 ? node.put("ahead", input.ahead()) : node);
        });
        ArrayNode parameters = object.putArray("parameters");
        graph.parameters().forEach(parameter -> {
            ObjectNode node = value(parameter.value());
            node.set("initial", write(parameter.initializer()));
            parameter.tiedTo().ifPresent(name -> node.put("tied_to", name));
            if (!parameter.trained()) {
                node.put("frozen", true);
            }
            parameters.add(node);
        });
        ArrayNode nodes = object.putArray("nodes");
        graph.nodes().forEach(node -> nodes.add(write(node)));
        ids(object, "outputs", graph.outputs());
        return object;
    }

    static ObjectNode write(Initializer initializer) {
        ObjectNode object = JsonForm.object();
        object.put("constant", initializer.constant());
        object.put("deviation", initializer.deviation());
        if (initializer.columns() > 0) {
            object.put("columns", initializer.columns());
        }
        return object;
    }

    private static ObjectNode write(Node node) {
        ObjectNode object = OpJson.write(node.op());
        ids(object, "operands", node.operands());
        ArrayNode results = object.putArray("results");
        node.results().forEach(result -> results.add(value(result)));
        return object;
    }

    private static void ids(ObjectNode object, String key, List<Value> values) {
        ArrayNode ids = object.putArray(key);
        values.forEach(value -> ids.add(value.id()));
    }

    private static ObjectNode value(Value value) {
        ObjectNode object = JsonForm.object();
        object.put("id", value.id());
        object.put("name", value.name());
        object.set("type", TypeJson.write(value.type()));
        return object;
    }
}
