package dev.dovetail.ir.graph;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Extent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * combine(f(dispatch(x))) = sum of combine_i(f(dispatch_i(x))): experts' queues in stretches that know nothing of each other, so that
 * one can travel while experts work on another (Tutel, Hwang et al. 2022, arXiv:2206.03382, section 3.3). A queue whose length is no
 * multiple has a last stretch with places that stay empty; nothing is kept or dropped that was not before.
 */
public final class StretchQueues {
    private final Graph graph;
    private final int stretches;
    /** By value along the queues, its stretches. */
    private final Map<Value, List<Value>> cut = new LinkedHashMap<>();

    private final List<Node> nodes = new ArrayList<>();
    private int nextId;

    private StretchQueues(Graph graph, int stretches) {
        this.graph = graph;
        this.stretches = stretches;
        this.nextId = 1
                + graph.nodes().stream()
                        .flatMap(node -> node.results().stream())
                        .mapToInt(Value::id)
                        .max()
                        .orElse(0);
        graph.inputs().forEach(input -> nextId = Math.max(nextId, input.value().id() + 1));
        graph.parameters()
                .forEach(
                        parameter -> nextId = Math.max(nextId, parameter.value().id() + 1));
    }

    /** @param graph before it is differentiated */
    public static Graph apply(Graph graph, int stretches) {
        return stretches == 1 ? graph : new StretchQueues(graph, stretches).run();
    }

    private Graph run() {
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Combine combine && isCut(node)) {
                join(node, combine);
            } else if (node.op() instanceof Dispatch || isCut(node)) {
                cut(node);
            } else {
                nodes.add(node);
            }
        }
        return new Graph(graph.name(), graph.inputs(), graph.parameters(), nodes, graph.outputs());
    }

    private boolean isCut(Node node) {
        return node.operands().stream().anyMatch(cut::containsKey);
    }

    private void cut(Node node) {
        for (int i = 0; i < stretches; i++) {
            int at = i;
            List<Value> results = apply(stretchOf(node, at), node, operands(node, at), "_" + at);
            for (int r = 0; r < results.size(); r++) {
                cut.computeIfAbsent(node.results().get(r), whole -> new ArrayList<>())
                        .add(results.get(r));
            }
        }
    }

    private static long places(Value queues, int stretches) {
        return Math.ceilDiv(queues.type().dim(Names.CAPACITY).bound(), stretches);
    }

    private Op stretchOf(Node node, int at) {
        if (node.op() instanceof Dispatch dispatch) {
            long places = places(node.results().getFirst(), stretches);
            return dispatch.stretch(at * places, places);
        }
        Value queues =
                node.operands().stream().filter(cut::containsKey).findFirst().orElseThrow();
        Extent places = cut.get(queues).getFirst().type().dim(Names.CAPACITY).extent();
        return node.op().withExtent(Names.CAPACITY, places);
    }

    private List<Value> operands(Node node, int at) {
        return node.operands().stream()
                .map(operand -> cut.containsKey(operand) ? cut.get(operand).get(at) : operand)
                .toList();
    }

    private List<Value> apply(Op op, Node node, List<Value> operands, String suffix) {
        var types = op.results(operands.stream().map(Value::type).toList());
        var results = new ArrayList<Value>();
        for (int r = 0; r < types.size(); r++) {
            results.add(new Value(nextId++, node.results().get(r).name() + suffix, types.get(r)));
        }
        nodes.add(new Node(op, operands, results));
        return results;
    }

    /** What the stretches give, added up in their order. */
    private void join(Node node, Combine combine) {
        long places = places(node.operands().getFirst(), stretches);
        var parts = new ArrayList<Value>();
        for (int i = 0; i < stretches; i++) {
            parts.addAll(apply(combine.stretch(i * places), node, operands(node, i), "_" + i));
        }
        ScalarExpr sum = Scalars.arg(0);
        for (int i = 1; i < stretches; i++) {
            sum = Scalars.add(sum, Scalars.arg(i));
        }
        nodes.add(new Node(new MapOp(sum, node.results().getFirst().type()), parts, node.results()));
    }
}
