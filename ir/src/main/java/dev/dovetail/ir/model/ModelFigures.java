package dev.dovetail.ir.model;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Node;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Flops;

/**
 * What people ask about a model before they ask how to run it.
 *
 * @param parameters elements of all parameters, tied ones once
 * @param active elements of the parameters that one token uses once it is trained: of routed experts, only those it is routed to
 * @param trained elements of the parameters that train
 * @param trainingFlops of one token in a sequence as long as the context: matrix products and attention, forward and backward
 *     (three times forward), keys that a causal mask hides not counted
 * @param cache what one token leaves in a bf16 KV cache
 * @param state what all tokens together leave in bf16, however many: states of recurrent layers
 */
public record ModelFigures(
        long parameters, long active, long trained, Flops trainingFlops, Bytes cache, Bytes state, int layers) {

    public static ModelFigures of(ModelDefinition definition) {
        int context = definition.context();
        Model training = ExpandModel.expand(definition, ExpansionForm.Training.of(context, 1), ElementType.BF16);
        Model used = ExpandModel.expand(definition, ExpansionForm.Training.predicting(context, 1), ElementType.BF16);
        double forward = training.order().stream()
                .mapToDouble(index -> {
                    LayerKind kind = training.kinds().get(index);
                    return kind.forward().nodes().stream()
                            .mapToDouble(node -> kind.filled(node) * usefulFlops(node))
                            .sum();
                })
                .sum();
        // Of what is not continued, nothing is cached.
        boolean continues = definition.continues();
        long cached = continues ? cacheBytes(definition, true) : 0;
        long kept = continues ? cacheBytes(definition, false) : 0;
        return new ModelFigures(
                training.parameterCount(),
                used.order().stream()
                        .mapToLong(kind -> activeParameters(used, used.kinds().get(kind)))
                        .sum(),
                training.parameters().values().stream()
                        .filter(Parameter::trained)
                        .mapToLong(parameter -> parameter.value().type().elements())
                        .sum(),
                new Flops(3 * forward / context),
                new Bytes(cached / context),
                new Bytes(kept),
                definition.layers());
    }

    private static long activeParameters(Model model, LayerKind kind) {
        return kind.forward().parameters().stream()
                .filter(model::counts)
                .mapToLong(parameter -> activeElements(kind, parameter.value().type()))
                .sum();
    }

    private static long activeElements(LayerKind kind, TensorType type) {
        return type.find(Names.EXPERTS)
                .map(experts -> type.elements()
                        / experts.bound()
                        * kind.route().orElseThrow().choices())
                .orElse(type.elements());
    }

    private static double usefulFlops(Node node) {
        return switch (node.op()) {
            case MatMul product -> node.flops();
            case Attend attend -> node.flops() * seenShare(attend, node);
            default -> 0;
        };
    }

    /** The share of the square of queries and keys that a query sees on average. */
    private static double seenShare(Attend attend, Node node) {
        var pattern = attend.pattern();
        double keys = node.operandTypes().get(1).dim(pattern.keys()).bound();
        double window = pattern.window() == 0 ? keys : Math.min(pattern.window(), keys);
        return pattern.causal() ? window / keys * (1 - window / (2 * keys)) : window / keys;
    }

    /** @param grows whether caches that have a row for each position are meant, or the others */
    private static long cacheBytes(ModelDefinition definition, boolean grows) {
        var form = ExpansionForm.Decoding.of(1, 1, definition.context());
        Model decoding = ExpandModel.expand(definition, form, ElementType.BF16);
        return decoding.order().stream()
                .mapToLong(kind -> cacheBytes(decoding.kinds().get(kind), grows))
                .sum();
    }

    private static long cacheBytes(LayerKind kind, boolean grows) {
        return kind.forward().inputs().stream()
                .filter(input -> input.source() == Input.Source.CACHE)
                .filter(input -> input.value().type().has(Names.PAST) == grows)
                .mapToLong(input -> input.value().type().bytes())
                .sum();
    }
}
