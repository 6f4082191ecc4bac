package dev.dovetail.ir.graph;

import java.util.List;
import java.util.Map;

/**
 * A layer's forward graph, and the graph that turns the gradient of its output into gradients of its input and parameters.
 *
 * @param forward outputs what the next layer reads first, then every value in {@code saved} that the forward computes
 * @param backward takes the saved values, the forward inputs it needs and the output's gradient
 * @param saved values computed forward and kept until the backward pass of the same micro-batch
 * @param inputGradients gradients of what comes in from the layer before, in the order of the inputs; none for a layer that
 *     reads only tokens
 * @param parameterGradients gradient of each parameter, by parameter name
 */
public record TrainingGraphs(
        Graph forward,
        Graph backward,
        List<Value> saved,
        List<Value> inputGradients,
        Map<String, Value> parameterGradients) {

    /** A layer that does not train and has nothing before it that does: nothing is saved, nothing flows back. */
    public static TrainingGraphs frozen(Graph forward) {
        Graph nothing = new Graph(forward.name() + "_backward", List.of(), List.of(), List.of(), List.of());
        return new TrainingGraphs(forward, nothing, List.of(), List.of(), Map.of());
    }
}
