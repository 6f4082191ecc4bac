package dev.dovetail.ir.reference;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.Value;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Evaluates a graph operator by operator in plain float64: the meaning that differentiation, fusion, partitioning and every
 * generated kernel are compared with. It is for checking, never for running a job.
 */
public record GraphInterpreter(ReferenceEnvironment environment) {

    /**
     * Every value of the graph, at the bound of its dims.
     *
     * @param given a tensor for each input and parameter, of exactly the type the graph declares
     * @throws IllegalArgumentException where one is missing or of another type
     */
    public Map<Value, DoubleTensor> run(Graph graph, Map<Value, DoubleTensor> given) {
        var known = new LinkedHashMap<Value, DoubleTensor>();
        Stream.concat(
                        graph.inputs().stream().map(Input::value),
                        graph.parameters().stream().map(Parameter::value))
                .forEach(value -> known.put(value, required(graph, value, given)));
        graph.nodes().forEach(node -> evaluate(graph, node, known::get, known));
        return known;
    }

    /**
     * Every value that depends on those {@code changed}, evaluated again.
     *
     * @param known every value of the graph before
     * @param changed other tensors for some inputs and parameters
     */
    public Map<Value, DoubleTensor> again(
            Graph graph, Map<Value, DoubleTensor> known, Map<Value, DoubleTensor> changed) {
        var fresh = new HashMap<>(changed);
        for (Node node : graph.nodes()) {
            if (node.operands().stream().anyMatch(fresh::containsKey)) {
                evaluate(graph, node, value -> fresh.getOrDefault(value, known.get(value)), fresh);
            }
        }
        return fresh;
    }

    /** The graph's outputs, in order. */
    public List<DoubleTensor> outputs(Graph graph, Map<Value, DoubleTensor> given) {
        var known = run(graph, given);
        return graph.outputs().stream().map(known::get).toList();
    }

    private static DoubleTensor required(Graph graph, Value value, Map<Value, DoubleTensor> given) {
        DoubleTensor tensor = given.get(value);
        if (tensor == null) {
            throw new IllegalArgumentException("graph " + graph.name() + ": nothing is given for " + value);
        }
        return checked(graph, value, tensor);
    }

    private void evaluate(Graph graph, Node node, Function<Value, DoubleTensor> read, Map<Value, DoubleTensor> known) {
        var results = node.op().reference(node.operands().stream().map(read).toList(), environment);
        for (int i = 0; i < node.results().size(); i++) {
            Value result = node.results().get(i);
            known.put(result, checked(graph, result, results.get(i)));
        }
    }

    private static DoubleTensor checked(Graph graph, Value value, DoubleTensor tensor) {
        if (!tensor.type().equals(value.type())) {
            throw new IllegalArgumentException(
                    "graph " + graph.name() + ": " + value + " is " + value.type() + ", got " + tensor.type());
        }
        return tensor;
    }
}
