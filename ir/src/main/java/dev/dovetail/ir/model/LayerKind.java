package dev.dovetail.ir.model;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A layer's shape: the operators of every layer of its kind, which differ only in their parameters' values.
 *
 * @param path what layers of this kind are called in the model: {@code embed}, {@code layers}, {@code encoder.layers}
 */
public record LayerKind(String name, Role role, String path, Graph forward) {
    /** The last part of the path of layers that are counted. */
    static final String COUNTED = "layers";

    /** The path of layers that predict tokens behind the next. */
    static final String FURTHER = "further." + COUNTED;

    /** What a layer does in the model. */
    public enum Role {
        /** Tokens in, residual stream out. */
        EMBED,
        /** Residual stream in and out: the layers, and what stands between a model and one that it reads. */
        BLOCK,
        /** Residual stream in; each token's loss out when training, logits when decoding. */
        HEAD
    }

    /** Whether a gradient flows on to the layer before. */
    public boolean passesGradient() {
        return forward.inputs().stream().anyMatch(input -> input.source() == Input.Source.STREAM);
    }

    /** Whether the layer has a backward pass: it trains, or something before it does. */
    public boolean hasBackward() {
        return passesGradient() || forward.parameters().stream().anyMatch(Parameter::trained);
    }

    /**
     * The share of an operator's work that is for tokens: experts' products run over whole queues, of which tokens fill
     * {@code choices · tokens} places; where loads overflow, no more than all.
     */
    public double filled(Node node) {
        TensorType result = node.results().getFirst().type();
        boolean queued = Stream.concat(Stream.of(result), node.operandTypes().stream())
                .anyMatch(type -> type.has(Names.EXPERTS) && type.has(Names.CAPACITY));
        if (!queued) {
            return 1;
        }
        TensorType queues = result.has(Names.CAPACITY)
                ? result
                : node.operandTypes().stream()
                        .filter(type -> type.has(Names.CAPACITY))
                        .findFirst()
                        .orElseThrow();
        double tokens = forward.outputs().getFirst().type().dim(Names.SEQUENCE).bound();
        double places = (double) queues.dim(Names.EXPERTS).bound()
                * queues.dim(Names.CAPACITY).bound();
        return Math.min(1, route().map(Route::choices).orElseThrow() * tokens / places);
    }

    /** How the layer chooses experts, where it has any. */
    public Optional<Route> route() {
        return forward.nodes().stream()
                .map(Node::op)
                .filter(Route.class::isInstance)
                .map(Route.class::cast)
                .findFirst();
    }
}
