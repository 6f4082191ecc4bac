package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Writes fresh rows, such as keys or values, into a cache, in place. Operands: cache [past, batch, …]; fresh [fresh dim, batch,
 * …]. Result: the cache.
 *
 * @param past the cache's dim of positions
 * @param fresh the dim of the new positions
 * @param start launch symbol of the first position written
 * @param ring whether position p lies at p modulo the cache's length, so that it holds the last rows only
 */
public record CacheWrite(String past, String fresh, String start, boolean ring) implements Op {

    /** A cache of all positions. */
    public static CacheWrite all(String past, String fresh, String start) {
        return new CacheWrite(past, fresh, start, false);
    }

    @Override
    public String label() {
        return "cache_write";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType cache = operands.get(0);
        if (!cache.without(List.of(past)).equals(operands.get(1).without(List.of(fresh)))) {
            throw new ShapeException("cache " + cache + " takes " + operands.get(1) + " along " + past);
        }
        return List.of(cache);
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    /** Reads and writes only the fresh rows. */
    @Override
    public double bytes(List<TensorType> operands) {
        return 2.0 * operands.get(1).bytes();
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(past) || dim.equals(fresh) ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("decoding is not differentiated");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor cache = operands.get(0);
        DoubleTensor result = new DoubleTensor(cache.type(), cache.values().clone());
        int first = (int) environment.symbol(start);
        int length = (int) cache.type().dim(past).bound();
        // Dims in order: of two positions that share a row of a ring, the later one is written last.
        IndexSpace.over(operands.get(1).type().dims()).forEach(point -> {
            int position = first + point.along(fresh);
            int row = ring ? position % length : position;
            result.set(
                    dim -> dim.equals(past) ? row : point.along(dim),
                    operands.get(1).at(point));
        });
        return List.of(result);
    }
}
