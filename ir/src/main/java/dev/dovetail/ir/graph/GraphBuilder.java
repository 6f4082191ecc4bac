package dev.dovetail.ir.graph;

import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects inputs, parameters and operators into a {@link Graph}; ids count up in the order of creation. */
public final class GraphBuilder {
    private final String name;
    private int nextId;
    private final Map<String, Input> inputs = new LinkedHashMap<>();
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();

    public GraphBuilder(String name) {
        this(name, 0);
    }

    /** Starts ids at {@code firstId}, so that values of a backward graph differ from those of its forward graph. */
    public GraphBuilder(String name, int firstId) {
        this.name = name;
        this.nextId = firstId;
    }

    /** The input called {@code inputName}; asking twice gives the same value. */
    public Value input(Input.Source source, String inputName, TensorType type) {
        return input(source, inputName, type, 0);
    }

    /** The same, {@code ahead} tokens further than the source itself. */
    public Value input(Input.Source source, String inputName, TensorType type, int ahead) {
        return inputs.computeIfAbsent(inputName, n -> new Input(new Value(nextId++, n, type), source, ahead))
                .value();
    }

    public Value parameter(String parameterName, TensorType type, Initializer initializer) {
        return parameter(parameterName, type, initializer, true);
    }

    public Value parameter(String parameterName, TensorType type, Initializer initializer, boolean trained) {
        return addParameter(
                new Parameter(new Value(nextId++, parameterName, type), initializer, Optional.empty(), trained));
    }

    /** A parameter that is the same tensor as one of another layer. */
    public Value tiedParameter(
            String parameterName, TensorType type, Initializer initializer, String tiedTo, boolean trained) {
        return addParameter(
                new Parameter(new Value(nextId++, parameterName, type), initializer, Optional.of(tiedTo), trained));
    }

    public Value addParameter(Parameter parameter) {
        if (parameters.putIfAbsent(parameter.name(), parameter) != null) {
            throw new IllegalArgumentException("parameter " + parameter.name() + " is declared twice in " + name);
        }
        return parameter.value();
    }

    /** Applies an operator; results are named {@code resultName}, then {@code resultName.1}, … */
    public List<Value> apply(String resultName, Op op, Value... operands) {
        return apply(resultName, op, List.of(operands));
    }

    public List<Value> apply(String resultName, Op op, List<Value> operands) {
        var types = op.results(operands.stream().map(Value::type).toList());
        var results = new ArrayList<Value>();
        for (int i = 0; i < types.size(); i++) {
            results.add(new Value(nextId++, i == 0 ? resultName : resultName + "." + i, types.get(i)));
        }
        nodes.add(new Node(op, operands, results));
        return results;
    }

    /** Applies an operator and returns its first result. */
    public Value one(String resultName, Op op, Value... operands) {
        return apply(resultName, op, operands).getFirst();
    }

    public List<Input> inputs() {
        return List.copyOf(inputs.values());
    }

    /** The operators so far, in order. */
    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    public Graph build(List<Value> outputs) {
        return new Graph(name, List.copyOf(inputs.values()), List.copyOf(parameters.values()), nodes, outputs);
    }
}
