package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.SpaceElements;
import dev.dovetail.ir.scalar.ScalarEvaluator;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * One expression applied to every element of the result; operands broadcast over the dims they lack.
 *
 * @param expr what is computed from the operands' elements
 * @param type the result, whose dims include those of every operand
 */
public record MapOp(ScalarExpr expr, TensorType type) implements Op {

    @Override
    public String label() {
        return "map";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        for (TensorType operand : operands) {
            checkDims(operand, type);
        }
        return List.of(type);
    }

    static void checkDims(TensorType operand, TensorType space) {
        for (var dim : operand.dims()) {
            var wanted = space.find(dim.name())
                    .orElseThrow(() -> new ShapeException("map over " + space + " reads " + operand));
            if (wanted.bound() != dim.bound()) {
                throw new ShapeException("map over " + space + " reads " + operand + ": " + wanted + " meets " + dim);
            }
        }
    }

    @Override
    public double flops(List<TensorType> operands) {
        return (double) type.elements() * expr.operations();
    }

    @Override
    public Splitting splitting(String dim) {
        return Splitting.SUM;
    }

    @Override
    public Op withExtent(String name, Extent extent) {
        return new MapOp(expr, type.withExtent(name, extent));
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return new MapOp(shiftIndex(expr, dim, shardStart), type);
    }

    /** Positions in a shard count from the shard's start: {@code index(dim)} becomes {@code index(dim) + start}. */
    static ScalarExpr shiftIndex(ScalarExpr expr, String dim, String shardStart) {
        if (expr instanceof ScalarExpr.IndexOf index && index.dim().equals(dim)) {
            return Scalars.add(index, new ScalarExpr.Symbol(shardStart));
        }
        return expr.mapChildren(child -> shiftIndex(child, dim, shardStart));
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        return new MapGradients(context, expr, type).emit();
    }

    /** One more than the highest argument read. */
    static int operandCount(ScalarExpr expr) {
        int own = expr instanceof ScalarExpr.Arg arg ? arg.index() + 1 : 0;
        return Math.max(
                own,
                expr.children().stream().mapToInt(MapOp::operandCount).max().orElse(0));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        var elements = new SpaceElements(IndexSpace.over(type.dims()), operands, environment);
        return List.of(new DoubleTensor(type, ScalarEvaluator.evaluate(expr, elements)));
    }
}
