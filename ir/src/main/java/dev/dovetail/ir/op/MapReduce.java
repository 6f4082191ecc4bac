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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One expression applied to every element of a space, then summed or maximised over some of its dims.
 *
 * @param expr what is computed from the operands' elements
 * @param space every dim the expression runs over; operands broadcast over the dims they lack
 * @param over the dims reduced away
 * @param reduction {@link Splitting#SUM} or {@link Splitting#MAX}
 */
public record MapReduce(ScalarExpr expr, TensorType space, List<String> over, Splitting reduction) implements Op {

    public MapReduce {
        over = List.copyOf(over);
        if (reduction == Splitting.WHOLE) {
            throw new IllegalArgumentException("a reduction is a sum or a maximum");
        }
    }

    @Override
    public String label() {
        return "reduce";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        for (TensorType operand : operands) {
            MapOp.checkDims(operand, space);
        }
        over.forEach(space::dim);
        return List.of(space.without(over));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return (double) space.elements() * (expr.operations() + 1);
    }

    @Override
    public Splitting splitting(String dim) {
        return reduction;
    }

    @Override
    public Op withExtent(String name, Extent extent) {
        return new MapReduce(expr, space.withExtent(name, extent), over, reduction);
    }

    @Override
    public Op shard(String dim, String shardStart) {
        return new MapReduce(MapOp.shiftIndex(expr, dim, shardStart), space, over, reduction);
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        if (reduction == Splitting.SUM) {
            return new MapGradients(context, expr, space).emit();
        }
        // A maximum passes its gradient to the elements that attain it: g · [expr = max] · d expr.
        int result = MapOp.operandCount(expr);
        var attains = Scalars.binary(ScalarExpr.BinaryKind.EQUAL, Scalars.detach(expr), Scalars.arg(result));
        var routed = Scalars.multiply(attains, expr);
        return new MapGradients(new WithResult(context, result), routed, space)
                .emit()
                .subList(0, result);
    }

    /** Offers the reduction's own result as one operand more, without asking for its gradient. */
    private record WithResult(BackwardContext inner, int resultIndex) implements BackwardContext {
        @Override
        public int operandCount() {
            return resultIndex + 1;
        }

        @Override
        public Value operand(int index) {
            return index == resultIndex ? inner.result(0) : inner.operand(index);
        }

        @Override
        public Value result(int index) {
            return inner.result(index);
        }

        @Override
        public Optional<Value> gradient(int index) {
            return inner.gradient(index);
        }

        @Override
        public boolean wants(int index) {
            return index != resultIndex && inner.wants(index);
        }

        @Override
        public List<Value> emit(Op op, Value... operands) {
            return inner.emit(op, operands);
        }
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        TensorType type = space.without(over);
        var dims = new ArrayList<>(type.dims());
        dims.addAll(space.select(over));
        var elements = new SpaceElements(IndexSpace.over(dims), operands, environment);
        return List.of(reduced(type, ScalarEvaluator.evaluate(expr, elements)));
    }

    /** What is reduced to one element lies together. */
    private DoubleTensor reduced(TensorType type, double[] values) {
        DoubleTensor result = DoubleTensor.zeros(type);
        int run = values.length / result.values().length;
        for (int i = 0; i < result.values().length; i++) {
            double total = reduction == Splitting.SUM ? 0 : Double.NEGATIVE_INFINITY;
            for (int j = i * run; j < (i + 1) * run; j++) {
                total = reduction == Splitting.SUM ? total + values[j] : Math.max(total, values[j]);
            }
            result.values()[i] = total;
        }
        return result;
    }
}
