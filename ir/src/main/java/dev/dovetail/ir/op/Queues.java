package dev.dovetail.ir.op;

import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** What {@link Dispatch}, {@link Combine} and {@link GateGrad} share. */
final class Queues {
    private Queues() {}

    /** Tokens [sequence, batch, width] with places, and perhaps gates, [sequence, batch, routes]. */
    static void check(TensorType tokens, List<TensorType> routed) {
        boolean fits = tokens.dims().size() == 3
                && routed.stream()
                        .allMatch(type -> type.dims().size() == 3
                                && type.dims()
                                        .subList(0, 2)
                                        .equals(tokens.dims().subList(0, 2)));
        if (!fits || routed.getFirst().element().isFloating()) {
            throw new ShapeException("queues of tokens " + tokens + " at " + routed);
        }
    }

    /** Experts, sequences and columns go their own ways; a queue is filled in the order of a whole sequence. */
    static Splitting splitting(String dim, String experts) {
        return switch (dim) {
            case "batch", "width" -> Splitting.SUM;
            default -> dim.equals(experts) ? Splitting.SUM : Splitting.WHOLE;
        };
    }
}
