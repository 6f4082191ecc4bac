package dev.dovetail.ir.graph;

import dev.dovetail.ir.op.BackwardContext;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Reverse-mode differentiation as a graph transformation: walks the forward operators backwards and lets each write its own
 * derivative. Values that the save policy keeps become inputs of the backward graph; others are computed again in it.
 */
public final class Differentiate {
    private final Graph forward;
    private final SavePolicy policy;
    private final GraphBuilder builder;
    private final Map<Value, Node> producers = new HashMap<>();
    private final Set<Value> wanted = new HashSet<>();
    private final Map<Value, List<Value>> contributions = new HashMap<>();

    private Differentiate(Graph forward, SavePolicy policy) {
        this.forward = forward;
        this.policy = policy.of(forward);
        this.builder = new GraphBuilder(forward.name() + "_backward", nextId(forward));
    }

    private static int nextId(Graph graph) {
        return 1
                + graph.nodes().stream()
                        .flatMap(node -> node.results().stream())
                        .mapToInt(Value::id)
                        .max()
                        .orElse(0);
    }

    /** The gradient of the residual stream flows in as an input; the layer's only output is differentiated. */
    public static TrainingGraphs layer(Graph forward, SavePolicy policy) {
        return new Differentiate(forward, policy).run(Optional.empty());
    }

    /** A loss layer: the gradient of each element of its output is the launch symbol {@code seed}. */
    public static TrainingGraphs loss(Graph forward, SavePolicy policy, String seed) {
        return new Differentiate(forward, policy).run(Optional.of(new ScalarExpr.Symbol(seed)));
    }

    private TrainingGraphs run(Optional<ScalarExpr> seed) {
        forward.nodes().forEach(node -> node.results().forEach(result -> producers.put(result, node)));
        markWanted();
        for (Value output : forward.outputs()) {
            String name = output.equals(forward.outputs().getFirst()) ? "gradient" : "gradient_" + output.name();
            Value seedValue = seed.map(expr -> builder.one("loss_gradient", new MapOp(expr, output.type())))
                    .orElseGet(() -> builder.input(Input.Source.GRADIENT, name, output.type()));
            contributions.put(output, new ArrayList<>(List.of(seedValue)));
        }
        for (Node node : forward.nodes().reversed()) {
            boolean reached = node.results().stream().anyMatch(contributions::containsKey);
            if (reached || node.op().hasOwnLoss()) {
                differentiate(node);
            }
        }
        return assemble();
    }

    /** A value needs a gradient when a trained parameter reaches it, here or in a layer before. */
    private void markWanted() {
        forward.parameters().stream().filter(Parameter::trained).forEach(parameter -> wanted.add(parameter.value()));
        wanted.addAll(streamInputs());
        for (Node node : forward.nodes()) {
            if (node.operands().stream().anyMatch(wanted::contains)) {
                node.results().stream()
                        .filter(r -> r.type().element().isFloating())
                        .forEach(wanted::add);
            }
        }
    }

    private List<Value> streamInputs() {
        return forward.inputs().stream()
                .filter(input -> input.source() == Input.Source.STREAM)
                .map(Input::value)
                .toList();
    }

    private void differentiate(Node node) {
        var gradients = node.op().backward(new Context(node));
        for (int i = 0; i < gradients.size(); i++) {
            Value operand = node.operands().get(i);
            if (wanted.contains(operand)) {
                gradients.get(i).ifPresent(gradient -> contribute(operand, gradient));
            }
        }
    }

    private void contribute(Value operand, Value gradient) {
        contributions.computeIfAbsent(operand, o -> new ArrayList<>()).add(gradient);
    }

    /**
     * The sum of what all readers of a value contribute, asked for once all of them are differentiated. One operator adds them
     * all, so that a partitioned graph can add partial sums before it reduces them.
     */
    private Optional<Value> gradientOf(Value value) {
        List<Value> parts = contributions.getOrDefault(value, List.of());
        if (parts.size() > 1) {
            ScalarExpr sum = IntStream.range(0, parts.size())
                    .mapToObj(Scalars::arg)
                    .reduce(Scalars::add)
                    .orElseThrow();
            Value total = builder.one("d_" + value.name(), new MapOp(sum, value.type()), parts.toArray(Value[]::new));
            contributions.put(value, List.of(total));
        }
        return contributions.getOrDefault(value, List.of()).stream().findFirst();
    }

    private final class Context implements BackwardContext {
        private final Node node;

        Context(Node node) {
            this.node = node;
        }

        @Override
        public int operandCount() {
            return node.operands().size();
        }

        @Override
        public Value operand(int index) {
            return node.operands().get(index);
        }

        @Override
        public Value result(int index) {
            return node.results().get(index);
        }

        @Override
        public Optional<Value> gradient(int index) {
            return gradientOf(node.results().get(index));
        }

        @Override
        public boolean wants(int index) {
            return wanted.contains(node.operands().get(index));
        }

        @Override
        public List<Value> emit(Op op, Value... operands) {
            return builder.apply("d_" + node.results().getFirst().name(), op, operands);
        }
    }

    private TrainingGraphs assemble() {
        var parameterGradients = new LinkedHashMap<String, Value>();
        for (Parameter parameter : forward.parameters()) {
            gradientOf(parameter.value())
                    .ifPresent(gradient -> parameterGradients.put(parameter.name(), made(parameter.name(), gradient)));
        }
        List<Value> inputGradients = streamInputs().stream()
                .map(input -> gradientOf(input)
                        .map(gradient -> made(input.name(), gradient))
                        .orElseGet(() -> nothing(input)))
                .toList();
        var outputs = new ArrayList<>(inputGradients);
        outputs.addAll(parameterGradients.values());
        return new Rematerialize(forward, policy, producers)
                .complete(builder, outputs, inputGradients, parameterGradients);
    }

    /**
     * The gradient of what is handed on as it is flows in: it is made a result, which is what is added up for a parameter, and
     * what flows on from a buffer of its own for a stream that passes the layer by.
     */
    private Value made(String name, Value gradient) {
        boolean flowsIn =
                builder.inputs().stream().anyMatch(input -> input.value().equals(gradient));
        return flowsIn ? builder.one("d_" + name, new MapOp(Scalars.arg(0), gradient.type()), gradient) : gradient;
    }

    /** The gradient of what comes in and is not read: the last of those that hand it on. */
    private Value nothing(Value input) {
        return builder.one("d_" + input.name(), new MapOp(Scalars.constant(0), input.type()));
    }

    /** Splits what the backward graph reads of the forward one into saved values and operators to run again. */
    private record Rematerialize(Graph forward, SavePolicy policy, Map<Value, Node> producers) {

        TrainingGraphs complete(
                GraphBuilder builder,
                List<Value> outputs,
                List<Value> inputGradients,
                Map<String, Value> parameterGradients) {
            List<Node> derived = builder.nodes();
            var live = liveNodes(derived, outputs);
            var saved = new LinkedHashSet<Value>();
            var again = new LinkedHashSet<Node>();
            for (Node node : live) {
                node.operands().forEach(operand -> require(operand, saved, again));
            }
            Graph backward = backward(builder, live, saved, again, outputs);
            var kept = List.copyOf(saved);
            return new TrainingGraphs(forwardSaving(kept), backward, kept, inputGradients, parameterGradients);
        }

        /** Drops derivatives nobody asked for, such as those of integer operands' neighbours. */
        private static List<Node> liveNodes(List<Node> nodes, List<Value> outputs) {
            var needed = new HashSet<>(outputs);
            var live = new ArrayList<Node>();
            for (Node node : nodes.reversed()) {
                if (node.results().stream().anyMatch(needed::contains)) {
                    needed.addAll(node.operands());
                    live.add(node);
                }
            }
            return live.reversed();
        }

        private void require(Value value, Set<Value> saved, Set<Node> again) {
            Node producer = producers.get(value);
            if (producer == null || saved.contains(value) || again.contains(producer)) {
                return;
            }
            if (policy.maySave(producer)) {
                saved.add(value);
                return;
            }
            producer.operands().forEach(operand -> require(operand, saved, again));
            again.add(producer);
        }

        private Graph backward(
                GraphBuilder derived, List<Node> live, Set<Value> saved, Set<Node> again, List<Value> outputs) {
            var nodes = new ArrayList<Node>(again);
            nodes.addAll(live);
            var read = new HashSet<Value>();
            nodes.forEach(node -> read.addAll(node.operands()));
            var inputs = new ArrayList<>(derived.inputs());
            saved.forEach(value -> inputs.add(new Input(value, Input.Source.SAVED)));
            forward.inputs().stream().filter(i -> read.contains(i.value())).forEach(inputs::add);
            var parameters = forward.parameters().stream()
                    .filter(p -> read.contains(p.value()))
                    .toList();
            return new Graph(forward.name() + "_backward", inputs, parameters, nodes, outputs);
        }

        private Graph forwardSaving(List<Value> saved) {
            var outputs = new LinkedHashSet<>(forward.outputs());
            outputs.addAll(saved);
            return new Graph(
                    forward.name(), forward.inputs(), forward.parameters(), forward.nodes(), List.copyOf(outputs));
        }
    }
}
