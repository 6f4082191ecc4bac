package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * What the ranks along one mesh axis do together. Appears only in partitioned graphs.
 *
 * @param kind the exchange
 * @param axis mesh axis, such as {@code tensor}
 * @param ways ranks along that axis
 * @param dim the dim gathered, scattered or sliced, always outermost so that a shard is one contiguous piece; empty for
 *     all-reduce
 * @param reduction how parts combine; {@link Splitting#WHOLE} where nothing is reduced
 */
public record Communication(Kind kind, String axis, int ways, Optional<String> dim, Splitting reduction) implements Op {

    /** Exchanges the partitioner inserts. */
    public enum Kind {
        ALL_REDUCE,
        ALL_GATHER,
        REDUCE_SCATTER,
        /** Keeps the rank's own shard of a tensor that every rank holds; nothing travels. */
        SLICE
    }

    @Override
    public String label() {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.getFirst();
        return List.of(
                switch (kind) {
                    case ALL_REDUCE -> x;
                    case ALL_GATHER ->
                        x.withExtent(outermost(x), Extent.of(x.dim(outermost(x)).bound() * ways));
                    case REDUCE_SCATTER, SLICE ->
                        x.withExtent(outermost(x), x.dim(outermost(x)).extent().dividedBy(ways));
                });
    }

    private String outermost(TensorType x) {
        Dim first = x.dims().getFirst();
        if (!first.name().equals(dim.orElseThrow())) {
            throw new ShapeException(label() + " along " + axis + " needs " + dim.get() + " outermost in " + x);
        }
        return first.name();
    }

    /** Bytes one rank sends, by direct exchange: (ways − 1) / ways of the whole tensor, twice that for all-reduce. */
    public double bytesSent(TensorType operand) {
        double whole = switch (kind) {
            case ALL_REDUCE -> 2.0 * operand.bytes();
            case ALL_GATHER -> (double) operand.bytes() * ways;
            case REDUCE_SCATTER -> operand.bytes();
            case SLICE -> 0;
        };
        return whole * (ways - 1) / ways;
    }

    @Override
    public double flops(List<TensorType> operands) {
        return reduction == Splitting.WHOLE ? 0 : operands.getFirst().elements();
    }

    @Override
    public Splitting splitting(String other) {
        return Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("differentiation comes before partitioning");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        throw new IllegalStateException(label() + " has a meaning only among several ranks");
    }
}
