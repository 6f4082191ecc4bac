package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.program.MeshShape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;

/**
 * The order of a layer's operators where experts' tokens travel beside other work: an exchange is begun as soon as its operand is made,
 * and awaited when nothing else is left to do. What does not wait for one keeps its order, and all ranks of a group have one order.
 */
final class Turns {
    private final List<Node> left;
    private final Set<Value> missing = new HashSet<>();
    private final Queue<Turn> travelling = new ArrayDeque<>();
    private final List<Turn> turns = new ArrayList<>();
    private int tickets;

    enum Kind {
        RUN,
        BEGIN,
        AWAIT
    }

    /** @param ticket of an exchange that is begun or awaited */
    record Turn(Kind kind, Node node, int ticket) {}

    private Turns(List<Node> nodes) {
        this.left = new ArrayList<>(nodes);
        nodes.forEach(node -> missing.addAll(node.results()));
    }

    /** One operator after the other. */
    static List<Turn> inOrder(List<Node> nodes) {
        return nodes.stream().map(node -> new Turn(Kind.RUN, node, 0)).toList();
    }

    static List<Turn> overlapping(List<Node> nodes) {
        return new Turns(nodes).run();
    }

    private List<Turn> run() {
        while (!left.isEmpty() || !travelling.isEmpty()) {
            int next = next();
            if (next < 0) {
                Turn awaited = travelling.remove();
                turns.add(new Turn(Kind.AWAIT, awaited.node(), awaited.ticket()));
                awaited.node().results().forEach(missing::remove);
            } else {
                take(left.remove(next));
            }
        }
        return turns;
    }

    private void take(Node node) {
        if (travels(node)) {
            var begun = new Turn(Kind.BEGIN, node, tickets++);
            travelling.add(begun);
            turns.add(begun);
        } else {
            turns.add(new Turn(Kind.RUN, node, 0));
            node.results().forEach(missing::remove);
        }
    }

    /** The first exchange that can set out, else the first operator that can run; -1 where all wait. */
    private int next() {
        int first = -1;
        for (int i = 0; i < left.size(); i++) {
            if (isReady(i)) {
                if (travels(left.get(i))) {
                    return i;
                }
                first = first < 0 ? i : first;
            }
        }
        return first;
    }

    /** A sum that ranks make in place comes after all that read its parts. */
    private boolean isReady(int at) {
        Node node = left.get(at);
        if (node.operands().stream().anyMatch(missing::contains)) {
            return false;
        }
        boolean inPlace = node.op() instanceof Communication op && op.kind() == Communication.Kind.ALL_REDUCE;
        return !inPlace
                || left.subList(0, at).stream()
                        .noneMatch(before ->
                                before.operands().contains(node.operands().getFirst()));
    }

    private static boolean travels(Node node) {
        return node.op() instanceof Communication op
                && op.kind().isOneRound()
                && (op.axis().equals(MeshShape.EXPERT) || op.axis().equals(MeshShape.EXPERT_TOKENS));
    }
}
