package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Norms that the fused operator does not have: over several dims, which ranks may share, with a scale for each head, or with
 * none. Layer norm is RMS norm of what is centred, so these pieces make both.
 */
final class ComposedNorm {
    private ComposedNorm() {}

    /** x less its mean over some dims. */
    static Value centred(BlockContext context, String name, Value x, List<Dim> over) {
        Value mean = mean(context, name + "_mean", Scalars.arg(0), x, over);
        return context.map(name + "_centred", Scalars.subtract(Scalars.arg(0), Scalars.arg(1)), x, mean);
    }

    /** x over the root of its mean square over some dims, times a parameter with dims {@code scale}. */
    static Value scaled(BlockContext context, String name, Value x, List<Dim> over, List<Dim> scale) {
        Value square = mean(context, name + "_square", Scalars.multiply(Scalars.arg(0), Scalars.arg(0)), x, over);
        ScalarExpr y = Scalars.divide(Scalars.arg(0), deviation(context));
        if (scale.isEmpty()) {
            return context.map(name, y, x, square);
        }
        Value weights = context.parameter(name + "_scale", scale, Initializer.ONES);
        return context.map(name, Scalars.multiply(y, Scalars.arg(2)), x, square, weights);
    }

    private static ScalarExpr deviation(BlockContext context) {
        return Scalars.sqrt(
                Scalars.add(Scalars.arg(1), Scalars.constant(context.model().epsilon())));
    }

    private static Value mean(BlockContext context, String name, ScalarExpr term, Value x, List<Dim> over) {
        double length = 1;
        for (Dim dim : over) {
            length *= dim.bound();
        }
        TensorType space = x.type().withElement(x.type().element().statistic());
        var names = over.stream().map(Dim::name).toList();
        Value sum = context.builder().one(name + "_sum", new MapReduce(term, space, names, Splitting.SUM), x);
        ScalarExpr share = Scalars.multiply(Scalars.arg(0), Scalars.constant(1 / length));
        return context.builder().one(name, new MapOp(share, sum.type()), sum);
    }
}
