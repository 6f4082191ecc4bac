package dev.dovetail.ir.graph;

import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * map f (map g x) = map (f · g) x: inlines an elementwise operator into its only consumer, and constants into every consumer,
 * so that intermediate tensors are never stored.
 */
public final class FuseMaps {
    private final Graph graph;
    private final Map<Value, Node> producers = new HashMap<>();
    private final Map<Value, Integer> uses = new HashMap<>();
    private final Set<Value> outputs;

    private FuseMaps(Graph graph, Collection<Value> stored) {
        this.graph = graph;
        this.outputs = new HashSet<>(graph.outputs());
        this.outputs.addAll(stored);
        for (Node node : graph.nodes()) {
            node.operands().forEach(operand -> uses.merge(operand, 1, Integer::sum));
        }
    }

    public static Graph apply(Graph graph) {
        return apply(graph, List.of());
    }

    /** @param stored values that are written as outputs are, so that who keeps them does not change what is computed */
    public static Graph apply(Graph graph, Collection<Value> stored) {
        return new FuseMaps(graph, stored).run();
    }

    private Graph run() {
        for (Node node : graph.nodes()) {
            Node fused = inlineAll(node);
            fused.results().forEach(result -> producers.put(result, fused));
        }
        var kept = new ArrayList<Node>();
        var needed = new HashSet<>(graph.outputs());
        for (Node node : graph.nodes().reversed()) {
            // What is written to a cache is read by the next call.
            if (node.op() instanceof CacheWrite || node.results().stream().anyMatch(needed::contains)) {
                Node fused = producers.get(node.results().getFirst());
                needed.addAll(fused.operands());
                kept.add(fused);
            }
        }
        return new Graph(graph.name(), graph.inputs(), graph.parameters(), kept.reversed(), graph.outputs());
    }

    private Node inlineAll(Node node) {
        Node current = node;
        for (Optional<Integer> at = inlinable(current); at.isPresent(); at = inlinable(current)) {
            current = inline(current, at.get());
        }
        return current;
    }

    private Optional<Integer> inlinable(Node node) {
        return space(node.op()).flatMap(space -> {
            for (int i = 0; i < node.operands().size(); i++) {
                if (mayInline(node.operands().get(i), space)) {
                    return Optional.of(i);
                }
            }
            return Optional.empty();
        });
    }

    private boolean mayInline(Value operand, TensorType space) {
        Node producer = producers.get(operand);
        if (producer == null || !(producer.op() instanceof MapOp) || outputs.contains(operand)) {
            return false;
        }
        // A broadcast operand would be computed again for every element it is broadcast to.
        boolean sameSpace = space.names().equals(operand.type().names());
        return producer.operands().isEmpty() || (sameSpace && uses.get(operand) == 1);
    }

    private static Optional<TensorType> space(Op op) {
        return op instanceof MapOp map
                ? Optional.of(map.type())
                : op instanceof MapReduce reduce ? Optional.of(reduce.space()) : Optional.empty();
    }

    private Node inline(Node node, int at) {
        Node producer = producers.get(node.operands().get(at));
        var operands = new ArrayList<Value>();
        ScalarExpr inner = renumber(((MapOp) producer.op()).expr(), producer.operands(), operands);
        ScalarExpr outer = switch (node.op()) {
            case MapOp map -> substitute(map.expr(), node.operands(), at, inner, operands);
            case MapReduce reduce -> substitute(reduce.expr(), node.operands(), at, inner, operands);
            default -> throw new IllegalStateException("only maps and reductions take an inlined map");
        };
        Op op = node.op() instanceof MapOp map ? new MapOp(outer, map.type()) : rebuilt((MapReduce) node.op(), outer);
        return new Node(op, operands, node.results());
    }

    private static MapReduce rebuilt(MapReduce reduce, ScalarExpr expr) {
        return new MapReduce(expr, reduce.space(), reduce.over(), reduce.reduction());
    }

    private static ScalarExpr substitute(
            ScalarExpr expr, List<Value> reads, int at, ScalarExpr inner, List<Value> operands) {
        return expr.replaceArgs(
                arg -> arg.index() == at ? inner : Scalars.arg(position(reads.get(arg.index()), operands)));
    }

    private static ScalarExpr renumber(ScalarExpr expr, List<Value> reads, List<Value> operands) {
        return expr.replaceArgs(arg -> Scalars.arg(position(reads.get(arg.index()), operands)));
    }

    private static int position(Value value, List<Value> operands) {
        if (!operands.contains(value)) {
            operands.add(value);
        }
        return operands.indexOf(value);
    }
}
