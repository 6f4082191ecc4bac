package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * [q, 1] · [k, m] = q · k + m: keys of padding get elements of their own that take all weight from them, so that batches of
 * sequences of unequal length go through the same operator as others.
 */
final class PaddingMask {
    /** Elements that are added to each head: as many as a kernel's tiles go by, of which the first counts. */
    private static final int ELEMENTS = 16;

    /** After the usual scale, e to the power of it is zero in any precision; half precision still holds it. */
    private static final double UNSEEN = -30000;

    private PaddingMask() {}

    /** Before each head: 1, then zeros. */
    static Value onQueries(BlockContext context, Value q) {
        return joined(context, "q_open", Scalars.constant(1), q);
    }

    /** Before each head: 0 for a token, and what hides it for padding; then zeros. */
    static Value onKeys(BlockContext context, Value k) {
        ScalarExpr isPadding = Scalars.binary(BinaryKind.LESS, Scalars.arg(0), Scalars.constant(0));
        ScalarExpr mask = Scalars.select(isPadding, Scalars.constant(UNSEEN), Scalars.constant(0));
        return joined(context, "k_mask", mask, k);
    }

    private static Value joined(BlockContext context, String name, ScalarExpr first, Value x) {
        ScalarExpr isFirst =
                Scalars.binary(BinaryKind.EQUAL, new ScalarExpr.IndexOf(Names.HEAD_DIM), Scalars.constant(0));
        TensorType type = TensorType.of(
                x.type().element(),
                context.form().sequence(),
                context.form().batch(),
                Dim.of(Names.HEAD_DIM, ELEMENTS));
        var map = new MapOp(Scalars.select(isFirst, first, Scalars.constant(0)), type);
        var reads = first instanceof ScalarExpr.Const ? List.<Value>of() : List.of(context.tokens());
        Value elements = context.builder().apply(name, map, reads).getFirst();
        return context.builder().one(name + "_joined", new Join(Names.HEAD_DIM), elements, x);
    }
}
