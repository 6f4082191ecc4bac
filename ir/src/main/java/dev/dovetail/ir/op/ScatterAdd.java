package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.Runs;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Adds each row of a gradient into the table row it was looked up from; the gradient of {@link Gather}. Operands: indices
 * (I32); gradient with the indices' dims and the columns. Result: [rows, columns].
 *
 * @param rows the table's row dim
 * @param start launch symbol of the first row a rank holds; rows held elsewhere are dropped
 */
public record ScatterAdd(Dim rows, Optional<String> start) implements Op {

    @Override
    public String label() {
        return "scatter_add";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType gradient = operands.get(1);
        var dims = new ArrayList<>(List.of(rows));
        dims.addAll(gradient.without(operands.getFirst().names()).dims());
        return List.of(new TensorType(gradient.element(), dims));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return operands.get(1).elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return Splitting.SUM;
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return dim.equals(rows.name()) ? new ScatterAdd(rows, Optional.of(shardStart)) : this;
    }

    @Override
    public Op withExtent(String name, Extent extent) {
        return name.equals(rows.name()) ? new ScatterAdd(new Dim(name, extent), start) : this;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("second derivatives are not taken");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor indices = operands.get(0);
        DoubleTensor gradient = operands.get(1);
        DoubleTensor result = DoubleTensor.zeros(
                results(List.of(indices.type(), gradient.type())).getFirst());
        long first = start.map(s -> (long) environment.symbol(s)).orElse(0L);
        Runs table = Runs.along(result.type(), rows.name());
        var space = new ArrayList<>(indices.type().dims());
        space.addAll(result.type().dims().subList(1, result.type().dims().size()));
        double[] added = IndexSpace.over(space).spread(gradient);
        for (int i = 0; i < indices.values().length; i++) {
            int row = (int) (indices.values()[i] - first);
            for (int j = 0; row >= 0 && row < table.length() && j < table.run(); j++) {
                result.values()[table.at(0, row) + j] += added[i * table.run() + j];
            }
        }
        return List.of(result);
    }
}
