package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.shard.LocalGraph;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A layer's backward pass in two: the gradients that the layer before waits for, and the products for the gradients of weights,
 * for which nobody waits before the step ends (Qi et al. 2023, arXiv:2401.10241, section 2). Gradients of biases and norms are
 * sums of what the first half has at hand; making them there keeps less than handing it over.
 *
 * @param first operators whose results flow back, and gradients that cost little
 * @param second products of which only gradients of weights are made, and what only they need
 * @param handed values that the first half has and the second needs: neither saved by the forward pass nor parameters
 */
public record BackwardHalves(LocalGraph first, LocalGraph second, List<Value> handed) {

    /**
     * Nothing where no product could wait.
     *
     * @param local outputs the gradients that flow back first, then those of parameters
     * @param flowing how many flow back
     * @param together gradients that the second half must have, whichever half makes them
     */
    static Optional<BackwardHalves> of(LocalGraph local, int flowing, Set<Value> together) {
        Set<Value> made = results(local.graph().nodes());
        boolean flows = flowing > 0 && made.containsAll(local.graph().outputs().subList(0, flowing));
        Set<Node> second = flows ? second(local.graph(), flowing) : Set.of();
        return second.isEmpty() ? Optional.empty() : Optional.of(cut(local, second, together));
    }

    private static Set<Node> second(Graph graph, int flowing) {
        Set<Value> awaited = new HashSet<>(graph.outputs().subList(0, flowing));
        var apart = new LinkedHashSet<Node>();
        for (Node node : graph.nodes().reversed()) {
            if (node.results().stream().anyMatch(awaited::contains)) {
                awaited.addAll(node.operands());
            } else {
                apart.add(node);
            }
        }
        return withWhatOnlyTheyNeed(graph, behindProducts(graph, apart), apart);
    }

    /** Products, and what is made of them. */
    private static Set<Node> behindProducts(Graph graph, Set<Node> apart) {
        var behind = new HashSet<Node>();
        var made = new HashSet<Value>();
        for (Node node : graph.nodes()) {
            boolean follows = node.operands().stream().anyMatch(made::contains);
            if (apart.contains(node) && (node.op() instanceof MatMul || follows)) {
                behind.add(node);
                made.addAll(node.results());
            }
        }
        return behind;
    }

    private static Set<Node> withWhatOnlyTheyNeed(Graph graph, Set<Node> behind, Set<Node> apart) {
        var second = new HashSet<>(behind);
        Set<Value> elsewhere = new HashSet<>(graph.outputs());
        for (Node node : graph.nodes().reversed()) {
            boolean isRead = node.results().stream().anyMatch(elsewhere::contains);
            if (!second.contains(node) && apart.contains(node) && !isRead) {
                second.add(node);
            }
            if (!second.contains(node)) {
                elsewhere.addAll(node.operands());
            }
        }
        return second;
    }

    private static BackwardHalves cut(LocalGraph local, Set<Node> late, Set<Value> together) {
        Graph graph = local.graph();
        var firstNodes = new ArrayList<Node>();
        var secondNodes = new ArrayList<Node>();
        graph.nodes().forEach(node -> (late.contains(node) ? secondNodes : firstNodes).add(node));
        Set<Value> had = results(firstNodes);
        graph.inputs().stream()
                .filter(input -> input.source() == Input.Source.GRADIENT)
                .forEach(input -> had.add(input.value()));
        var handed = new LinkedHashSet<Value>();
        secondNodes.forEach(
                node -> node.operands().stream().filter(had::contains).forEach(handed::add));
        graph.outputs().stream()
                .filter(value -> had.contains(value) && together.contains(value))
                .forEach(handed::add);
        return new BackwardHalves(
                half(local, "_first", firstNodes, List.of()),
                half(local, "_second", secondNodes, List.copyOf(handed)),
                List.copyOf(handed));
    }

    private static Set<Value> results(List<Node> nodes) {
        var results = new LinkedHashSet<Value>();
        nodes.forEach(node -> results.addAll(node.results()));
        return results;
    }

    private static LocalGraph half(LocalGraph local, String suffix, List<Node> nodes, List<Value> handed) {
        Graph graph = local.graph();
        var read = new HashSet<Value>();
        nodes.forEach(node -> read.addAll(node.operands()));
        var inputs = new ArrayList<>(graph.inputs().stream()
                .filter(input -> read.contains(input.value()) && !handed.contains(input.value()))
                .toList());
        handed.forEach(value -> inputs.add(new Input(value, Input.Source.SAVED)));
        Set<Value> made = results(nodes);
        handed.forEach(made::add);
        return new LocalGraph(
                new Graph(
                        graph.name() + suffix,
                        inputs,
                        graph.parameters().stream()
                                .filter(parameter -> read.contains(parameter.value()))
                                .toList(),
                        nodes,
                        graph.outputs().stream().filter(made::contains).toList()),
                local.placements(),
                local.shardStarts(),
                local.pendingSums());
    }
}
