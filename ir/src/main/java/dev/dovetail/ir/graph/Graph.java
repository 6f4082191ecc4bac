package dev.dovetail.ir.graph;

import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/** Operators over values in an order in which they can run. */
public record Graph(
        String name, List<Input> inputs, List<Parameter> parameters, List<Node> nodes, List<Value> outputs) {

    public Graph {
        inputs = List.copyOf(inputs);
        parameters = List.copyOf(parameters);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
        check(name, inputs, parameters, nodes, outputs);
    }

    private static void check(
            String name, List<Input> inputs, List<Parameter> parameters, List<Node> nodes, List<Value> outputs) {
        var known = new HashSet<Value>();
        inputs.forEach(input -> known.add(input.value()));
        parameters.forEach(parameter -> known.add(parameter.value()));
        for (Node node : nodes) {
            for (Value operand : node.operands()) {
                if (!known.contains(operand)) {
                    throw new IllegalArgumentException(
                            "graph " + name + ": " + node.op().label() + " reads " + operand + " before it is written");
                }
            }
            known.addAll(node.results());
        }
        for (Value output : outputs) {
            if (!known.contains(output)) {
                throw new IllegalArgumentException("graph " + name + " never writes its output " + output);
            }
        }
    }

    public double flops() {
        return nodes.stream().mapToDouble(Node::flops).sum();
    }

    /** The same graph with some dims of other extents, such as a micro-batch of 4. */
    public Graph withExtents(Map<String, Extent> extents) {
        var renamed = new HashMap<Value, Value>();
        inputs.forEach(input -> renamed.put(input.value(), resize(input.value(), extents)));
        parameters.forEach(parameter -> renamed.put(parameter.value(), resize(parameter.value(), extents)));
        var resized = new ArrayList<Node>();
        for (Node node : nodes) {
            Op op = node.op();
            for (var change : extents.entrySet()) {
                op = op.withExtent(change.getKey(), change.getValue());
            }
            node.results().forEach(result -> renamed.put(result, resize(result, extents)));
            resized.add(new Node(op, all(node.operands(), renamed), all(node.results(), renamed)));
        }
        return new Graph(
                name,
                inputs.stream()
                        .map(input -> input.with(renamed.get(input.value())))
                        .toList(),
                parameters.stream()
                        .map(p -> p.withValue(renamed.get(p.value())))
                        .toList(),
                resized,
                all(outputs, renamed));
    }

    private static Value resize(Value value, Map<String, Extent> extents) {
        TensorType type = value.type();
        for (var change : extents.entrySet()) {
            type = type.withExtent(change.getKey(), change.getValue());
        }
        return new Value(value.id(), value.name(), type);
    }

    private static List<Value> all(List<Value> values, Map<Value, Value> renamed) {
        return values.stream().map(renamed::get).toList();
    }
}
