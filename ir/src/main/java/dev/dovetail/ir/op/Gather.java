package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.Runs;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks up rows of a table. Operands: indices (I32); table [rows, columns]. Result: the indices' dims, then the columns.
 *
 * @param rows the table's dim that the indices count along
 * @param start launch symbol of the first row a rank holds; rows held elsewhere read as zero
 */
public record Gather(String rows, Optional<String> start) implements Op {

    @Override
    public String label() {
        return "gather";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType table = operands.get(1);
        if (operands.getFirst().element().isFloating()
                || !table.dims().getFirst().name().equals(rows)) {
            throw new ShapeException("gather of rows " + rows + " of " + table + " at " + operands.getFirst());
        }
        var dims = new ArrayList<>(operands.getFirst().dims());
        dims.addAll(table.without(List.of(rows)).dims());
        return List.of(new TensorType(table.element(), dims));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    /** Reads only the rows looked up, not the table. */
    @Override
    public double bytes(List<TensorType> operands) {
        return operands.getFirst().bytes() + 2.0 * results(operands).getFirst().bytes();
    }

    @Override
    public Splitting splitting(String dim) {
        return Splitting.SUM;
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return dim.equals(rows) ? new Gather(rows, Optional.of(shardStart)) : this;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        var table = context.operand(1).type();
        return List.of(
                Optional.empty(),
                Optional.of(context.emitOne(new ScatterAdd(table.dim(rows), start), context.operand(0), gradient)));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor indices = operands.get(0);
        DoubleTensor table = operands.get(1);
        DoubleTensor result = DoubleTensor.zeros(
                results(List.of(indices.type(), table.type())).getFirst());
        long first = start.map(s -> (long) environment.symbol(s)).orElse(0L);
        Runs held = Runs.along(table.type(), rows);
        for (int i = 0; i < indices.values().length; i++) {
            int row = (int) (indices.values()[i] - first);
            if (row >= 0 && row < held.length()) {
                System.arraycopy(table.values(), held.at(0, row), result.values(), i * held.run(), held.run());
            }
        }
        return List.of(result);
    }
}
