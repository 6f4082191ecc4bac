package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Writes fresh keys or values into a cache, in place. Operands: cache [past, batch, …]; fresh [fresh dim, batch, …]. Result:
 * the cache.
 *
 * @param past the cache's dim of positions
 * @param fresh the dim of the new positions
 * @param start launch symbol of the first position written
 */
public record CacheWrite(String past, String fresh, String start) implements Op {

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
        IndexSpace.over(operands.get(1).type().dims())
                .forEach(point -> result.set(
                        dim -> dim.equals(past) ? first + point.along(fresh) : point.along(dim),
                        operands.get(1).at(point)));
        return List.of(result);
    }
}
