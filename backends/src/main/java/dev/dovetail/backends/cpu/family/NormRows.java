package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Rows of a tensor along the dim that a norm runs over.
 *
 * @param outer loops over all other dims; tensor 0 is the tensor, tensor 1 a statistic with one element per row
 * @param over the dim along a row
 * @param stride elements between neighbours in a row
 * @param lanes 1 where a row does not lie side by side
 */
record NormRows(LoopNest outer, Dim over, long stride, int lanes) {

    /** Rows of operand {@code x}. */
    static NormRows of(KernelFrame frame, String over, int lanes, int x) {
        TensorType type = frame.operandType(x);
        TensorType rows = type.without(List.of(over));
        long stride = LoopNest.stride(type, over);
        LoopNest outer = LoopNest.over(rows.dims(), List.of(type, rows), Set.of());
        return new NormRows(outer, type.dim(over), stride, stride == 1 ? lanes : 1);
    }

    Index extent() {
        return KernelFrame.extent(over);
    }

    Expr count() {
        return switch (extent()) {
            case Index.Constant c -> Expr.literal(c.value());
            case Index i -> new Expr.FromIndex(i);
        };
    }

    Location at(Location row, Index i) {
        return row.plus(i.times(stride));
    }

    Expr load(Location row, Index i, Optional<String> mask) {
        return new Expr.LoadVector(at(row, i), mask);
    }

    /** Element i of a tensor that has only the dim along the row. */
    Expr loadVector(Buffer vector, Index i, Optional<String> mask) {
        return new Expr.LoadVector(vector.at(i), mask);
    }

    List<Expr> sums(Code code, List<NestLoops.Term> terms) {
        return NestLoops.sums(code, over.name(), extent(), lanes, terms);
    }

    void each(Code code, LaneLoop.Body body) {
        LaneLoop.write(code, over.name(), Index.ZERO, extent(), lanes, extent(), body);
    }
}
