package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.program.MeshShape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The order of a layer's operators where experts' tokens travel beside other work: an exchange is begun as soon as its operand is made,
 * and awaited when nothing else is left to do. What does not wait for one keeps its order, and all ranks of a group have one order.
 */
final class Turns {
    private final List<Node> nodes;
    /** By node, of how many things it waits for some are still to come. */
    private final int[] waits;
    /** By value, the nodes that wait for it. */
    private final Map<Integer, List<Integer>> readers = new HashMap<>();
    /** By node, sums made in place that wait until it has been taken. */
    private final Map<Integer, List<Integer>> sumsAfter = new HashMap<>();

    private final Queue<Integer> readyToTravel = new PriorityQueue<>();
    private final Queue<Integer> readyToRun = new PriorityQueue<>();
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
        this.nodes = nodes;
        this.waits = new int[nodes.size()];
        Set<Integer> made = nodes.stream()
                .flatMap(node -> node.results().stream())
                .map(Value::id)
                .collect(Collectors.toSet());
        for (int at = 0; at < nodes.size(); at++) {
            for (int operand : operands(nodes.get(at))) {
                if (made.contains(operand)) {
                    waitFor(operand, at, readers);
                }
            }
            if (isSumInPlace(nodes.get(at))) {
                waitForReaders(at);
            }
        }
        for (int at = 0; at < nodes.size(); at++) {
            queueIfReady(at);
        }
    }

    /** One operator after the other. */
    static List<Turn> inOrder(List<Node> nodes) {
        return nodes.stream().map(node -> new Turn(Kind.RUN, node, 0)).toList();
    }

    static List<Turn> overlapping(List<Node> nodes) {
        return new Turns(nodes).run();
    }

    private void waitFor(int event, int at, Map<Integer, List<Integer>> waiting) {
        waiting.computeIfAbsent(event, e -> new ArrayList<>()).add(at);
        waits[at]++;
    }

    /** A sum that ranks make in place comes after all that read its parts. */
    private void waitForReaders(int sum) {
        int parts = nodes.get(sum).operands().getFirst().id();
        for (int at = 0; at < sum; at++) {
            if (operands(nodes.get(at)).contains(parts)) {
                waitFor(at, sum, sumsAfter);
            }
        }
    }

    /** The first exchange that can set out, else the first operator that can run, else what has been on its way longest. */
    private List<Turn> run() {
        while (turns.size() < nodes.size() + tickets) {
            if (!readyToTravel.isEmpty()) {
                begin(readyToTravel.remove());
            } else if (!readyToRun.isEmpty()) {
                int at = readyToRun.remove();
                turns.add(new Turn(Kind.RUN, nodes.get(at), 0));
                taken(at);
                arrived(nodes.get(at));
            } else {
                Turn begun = travelling.remove();
                turns.add(new Turn(Kind.AWAIT, begun.node(), begun.ticket()));
                arrived(begun.node());
            }
        }
        return turns;
    }

    private void begin(int at) {
        var begun = new Turn(Kind.BEGIN, nodes.get(at), tickets++);
        travelling.add(begun);
        turns.add(begun);
        taken(at);
    }

    private void taken(int at) {
        sumsAfter.getOrDefault(at, List.of()).forEach(this::oneLess);
    }

    private void arrived(Node node) {
        node.results()
                .forEach(result -> readers.getOrDefault(result.id(), List.of()).forEach(this::oneLess));
    }

    private void oneLess(int at) {
        waits[at]--;
        queueIfReady(at);
    }

    private void queueIfReady(int at) {
        if (waits[at] == 0) {
            (travels(nodes.get(at)) ? readyToTravel : readyToRun).add(at);
        }
    }

    private static Set<Integer> operands(Node node) {
        return node.operands().stream().map(Value::id).collect(Collectors.toSet());
    }

    private static boolean isSumInPlace(Node node) {
        return node.op() instanceof Communication op && op.kind() == Communication.Kind.ALL_REDUCE;
    }

    private static boolean travels(Node node) {
        return node.op() instanceof Communication op
                && op.kind().isOneRound()
                && (op.axis().equals(MeshShape.EXPERT) || op.axis().equals(MeshShape.EXPERT_TOKENS));
    }
}
