package dev.dovetail.ir.model;

import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** How well each of a batch fits what a source made of its own input: [batch]. */
record PairedRows(BlockContext context, Head.Paired said) {
    /** What CLIP's factor begins with is e to this power. */
    private static final double FIRST_SCALE = Math.log(1 / 0.07);

    /** The name under which the source's row flows past the layers. */
    static final String MET = "met";

    private static final String SCORES = "scores";

    /** @param own and {@code met}: [batch, met] */
    Value scores(Value own, Value met) {
        Value product = summed("products", Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), own, met);
        ScalarExpr square = Scalars.multiply(Scalars.arg(0), Scalars.arg(0));
        Value cosine = context.map(
                "cosine",
                Scalars.divide(
                        Scalars.arg(0), Scalars.multiply(Scalars.sqrt(Scalars.arg(1)), Scalars.sqrt(Scalars.arg(2)))),
                product,
                summed("own_square", square, own),
                summed("met_square", square, met));
        // One number: a parameter has a dim, which is summed away.
        Dim one = Dim.of(SCORES, 1);
        Value scale = context.parameter("score_scale", List.of(one), new Initializer(FIRST_SCALE, 0));
        Value scaled =
                over(one, "scaled", Scalars.multiply(Scalars.arg(0), Scalars.exp(Scalars.arg(1))), cosine, scale);
        if (!said.shifted()) {
            return scaled;
        }
        Value shift = context.parameter("score_shift", List.of(one), Initializer.ZEROS);
        return over(one, "shifted", Scalars.add(Scalars.arg(0), Scalars.arg(1)), scaled, shift);
    }

    private Value summed(String name, ScalarExpr element, Value... operands) {
        var sum = new MapReduce(element, operands[0].type(), List.of(MET), Splitting.SUM);
        return context.builder().one(name, sum, operands);
    }

    private Value over(Dim one, String name, ScalarExpr element, Value cosine, Value learned) {
        var type = TensorType.of(cosine.type().element(), cosine.type().dims().getFirst(), one);
        return context.builder()
                .one(name, new MapReduce(element, type, List.of(one.name()), Splitting.SUM), cosine, learned);
    }
}
