package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Loops that apply expressions to every element: shared by maps, accumulation and optimizer updates.
 *
 * @param outputs one expression per result, all evaluated before any result is written, so that results may be operands
 * @param reads what argument i of the expressions is
 * @param writes where the results go, all stored alike
 * @param nest loops over the results; its tensors are the reads, then one of the writes
 */
record MapLoops(
        KernelFrame frame,
        int lanes,
        List<ScalarExpr> outputs,
        List<Buffer> reads,
        List<Buffer> writes,
        LoopNest nest) {

    /** Elements one worker takes at a time where a tensor is one long row. */
    private static final long PIECE = 4096;

    static MapLoops of(
            KernelFrame frame,
            int lanes,
            List<ScalarExpr> outputs,
            List<Buffer> reads,
            List<TensorType> types,
            List<Buffer> writes,
            TensorType space) {
        var tensors = Stream.concat(types.stream(), Stream.of(space)).toList();
        LoopNest nest = LoopNest.over(space.dims(), tensors, ScalarSearch.indexedDims(outputs));
        return new MapLoops(frame, lanes, outputs, reads, writes, nest);
    }

    /** The parallel part: rows, or pieces of the only row. */
    Function part() {
        boolean isOneRow = nest.dims().size() <= 1;
        return Code.function(
                isOneRow ? "pieces" : "rows",
                isOneRow ? "Pieces of " + PIECE + " elements." : "Rows of the outer dims.",
                frame.partParameters(),
                code -> code.loop(
                        isOneRow ? "piece" : "row",
                        KernelFrame.FROM,
                        KernelFrame.TO,
                        1,
                        isOneRow ? this::piece : this::row));
    }

    /** How many rows or pieces {@link #part} counts. */
    Index extent() {
        return switch (nest.dims().size()) {
            case 0 -> Index.of(1);
            case 1 -> nest.last().extent().piecesOf(PIECE);
            default -> nest.outer().size();
        };
    }

    private void piece(Code code, Index piece) {
        if (nest.isEmpty()) {
            store(code, lowering(code, List.of(), -1, Optional.empty()), Index.ZERO, Optional.empty(), false);
            return;
        }
        Index from = code.letIndex("start", piece.times(PIECE));
        Index to = code.letIndex("end", from.plus(PIECE).least(nest.last().extent()));
        inner(code, List.of(), from, to);
    }

    private void row(Code code, Index row) {
        inner(code, nest.outer().positions(code, row), Index.ZERO, nest.last().extent());
    }

    private void inner(Code code, List<Index> outer, Index from, Index to) {
        int dim = nest.dims().size() - 1;
        boolean vector = ElementLeaves.fillsVectors(nest, dim, reads);
        ScalarLowering before = lowering(code, with(outer, Index.ZERO), -1, Optional.empty());
        LaneLoop.write(
                code, nest.counter(), from, to, vector ? lanes : 1, nest.last().extent(), (body, first, mask) -> {
                    var leaves = new ElementLeaves(frame, nest, reads, with(outer, first), vector ? dim : -1, mask);
                    var inLoop = before.inLoop(body, leaves, ElementLeaves.constantAlong(nest, dim));
                    store(body, inLoop, nest.offset(reads.size(), with(outer, first)), mask, vector);
                });
    }

    private ScalarLowering lowering(Code code, List<Index> positions, int laneDim, Optional<String> mask) {
        return ScalarLowering.into(code, new ElementLeaves(frame, nest, reads, positions, laneDim, mask), outputs);
    }

    private static List<Index> with(List<Index> outer, Index last) {
        return Stream.concat(outer.stream(), Stream.of(last)).toList();
    }

    private void store(Code code, ScalarLowering lowering, Index offset, Optional<String> mask, boolean vector) {
        var values = new ArrayList<Expr>();
        for (ScalarExpr output : outputs) {
            Expr value = lowering.lower(output);
            Expr wide = vector ? value.broadcast() : value;
            values.add(writes.size() > 1 ? code.let("out", wide) : wide);
        }
        for (int w = 0; w < writes.size(); w++) {
            code.store(writes.get(w).at(offset), values.get(w), mask);
        }
    }
}
