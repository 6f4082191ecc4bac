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
 * @param dim the dim gathered, scattered, sliced or, in an all-to-all, split; a slice's is outermost, so that a shard is one
 *     contiguous piece; empty for all-reduce
 * @param gathered the dim that an all-to-all makes whole; empty for all others
 * @param reduction how parts combine; {@link Splitting#WHOLE} where nothing is reduced
 * @param mirrored whether a rank's shard along {@code dim} is two stretches, the second as far from the end as the first from
 *     the beginning
 */
public record Communication(
        Kind kind,
        String axis,
        int ways,
        Optional<String> dim,
        Optional<String> gathered,
        Splitting reduction,
        boolean mirrored)
        implements Op {

    public Communication(Kind kind, String axis, int ways, Optional<String> dim, Splitting reduction) {
        this(kind, axis, ways, dim, Optional.empty(), reduction, false);
    }

    /** Ranks that hold shards along {@code gathered} hold shards along {@code split} instead. */
    public static Communication allToAll(String axis, int ways, String split, String gathered) {
        return new Communication(
                Kind.ALL_TO_ALL, axis, ways, Optional.of(split), Optional.of(gathered), Splitting.WHOLE, false);
    }

    /** The same exchange of shards that are an early and a late stretch each. */
    public Communication mirroring() {
        return new Communication(kind, axis, ways, dim, gathered, reduction, true);
    }

    /** Exchanges the partitioner inserts. */
    public enum Kind {
        ALL_REDUCE,
        ALL_GATHER,
        REDUCE_SCATTER,
        /** Exchanges shards along one dim for shards along another. */
        ALL_TO_ALL,
        /** Keeps the rank's own shard of a tensor that every rank holds; nothing travels. */
        SLICE;

        /** Whether all a rank sends is at hand when it begins, so that nobody has to look after what travels. */
        public boolean isOneRound() {
            return switch (this) {
                case ALL_GATHER, REDUCE_SCATTER, ALL_TO_ALL -> true;
                case ALL_REDUCE, SLICE -> false;
            };
        }
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
                        x.withExtent(
                                dim.orElseThrow(), Extent.of(x.dim(dim.get()).bound() * ways));
                    case REDUCE_SCATTER ->
                        x.withExtent(
                                dim.orElseThrow(), x.dim(dim.get()).extent().dividedBy(ways));
                    case SLICE ->
                        x.withExtent(outermost(x), x.dim(outermost(x)).extent().dividedBy(ways));
                    case ALL_TO_ALL -> {
                        Dim whole = x.dim(gathered.orElseThrow());
                        yield x.withExtent(
                                        dim.orElseThrow(),
                                        x.dim(dim.get()).extent().dividedBy(ways))
                                .withExtent(whole.name(), Extent.of(whole.bound() * ways));
                    }
                });
    }

    /** Rows of equal length that the operand is seen as, of each of which every rank gets an equal piece, in rank order. */
    public long rowsOut(TensorType operand) {
        return rows(operand, dim.orElseThrow());
    }

    /** Rows of equal length that the result is seen as, to each of which every rank gives an equal piece, in rank order. */
    public long rowsIn(TensorType result) {
        return rows(result, gathered.or(() -> dim).orElseThrow());
    }

    private static long rows(TensorType type, String dim) {
        return type.dims().stream()
                .takeWhile(d -> !d.name().equals(dim))
                .mapToLong(Dim::bound)
                .reduce(1, Math::multiplyExact);
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
            case REDUCE_SCATTER, ALL_TO_ALL -> operand.bytes();
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
