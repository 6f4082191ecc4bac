package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Loops of one reduction. Where the innermost dim is reduced, each result is a row whose lanes are combined at its end;
 * where it is kept, neighbouring results fill vectors and no lanes are combined.
 *
 * @param nest loops over the whole space; its tensors are the operands, then the result
 */
record ReduceLoops(KernelFrame frame, int lanes, MapReduce reduce, LoopNest nest) {

    /** Vectors of neighbouring results that one pass over the reduced dims fills: a few cache lines of each row. */
    private static final int WIDE = 4;

    static ReduceLoops of(KernelFrame frame, int lanes, MapReduce reduce) {
        var tensors = Stream.concat(frame.signature().operands().stream(), Stream.of(frame.resultType(0)))
                .toList();
        var alone = ScalarSearch.indexedDims(List.of(reduce.expr()));
        var nest = LoopNest.over(reduce.space().dims(), tensors, alone);
        return new ReduceLoops(frame, lanes, reduce, nest);
    }

    private boolean isReduced(int dim) {
        return reduce.over().containsAll(nest.dims().get(dim).names());
    }

    private int last() {
        return nest.dims().size() - 1;
    }

    private boolean reducesRows() {
        return nest.isEmpty() || isReduced(last());
    }

    String choice() {
        return reducesRows()
                ? "one result per row; lanes are combined at the end of a row"
                : "neighbouring results fill " + WIDE + " vectors; no lanes are combined";
    }

    private List<Integer> reducedDims() {
        return IntStream.range(0, nest.dims().size())
                .filter(this::isReduced)
                .boxed()
                .toList();
    }

    private List<Integer> keptDims() {
        return IntStream.range(0, nest.dims().size())
                .filter(d -> !isReduced(d))
                .boxed()
                .toList();
    }

    /** The kept dims that are shared among workers as rows. */
    private LoopNest rows() {
        var kept = keptDims().stream().map(nest.dims()::get).toList();
        return new LoopNest(reducesRows() ? kept : kept.subList(0, kept.size() - 1));
    }

    private Index blocks() {
        return reducesRows() ? Index.of(1) : nest.last().extent().piecesOf((long) WIDE * lanes);
    }

    Index extent() {
        return rows().size().times(blocks());
    }

    Function part() {
        return Code.function(
                "results",
                reducesRows() ? "One result per row." : "Blocks of neighbouring results.",
                frame.partParameters(),
                code -> code.loop(
                        "part", KernelFrame.FROM, KernelFrame.TO, 1, reducesRows() ? this::row : this::block));
    }

    private BinaryKind combiner() {
        return reduce.reduction() == Splitting.SUM ? BinaryKind.ADD : BinaryKind.MAX;
    }

    private Expr combine(Expr a, Expr b) {
        return new Expr.Binary(combiner(), a, b);
    }

    private Expr identity() {
        return Expr.literal(reduce.reduction() == Splitting.SUM ? 0 : Double.NEGATIVE_INFINITY);
    }

    /** Positions with the kept dims' filled in and the reduced dims' still zero. */
    private List<Index> placed(List<Index> keptPositions) {
        var positions = new ArrayList<Index>();
        int next = 0;
        for (int d = 0; d < nest.dims().size(); d++) {
            positions.add(isReduced(d) || next >= keptPositions.size() ? Index.ZERO : keptPositions.get(next++));
        }
        return positions;
    }

    /** Nested loops over reduced dims; {@code body} gets the positions of all of them. */
    private void loops(Code code, List<Integer> dims, List<Index> positions, BiConsumer<Code, List<Index>> body) {
        if (dims.isEmpty()) {
            body.accept(code, positions);
            return;
        }
        int dim = dims.getFirst();
        LoopDim loop = nest.dims().get(dim);
        code.loop(
                loop.counter(),
                loop.extent(),
                (inner, i) -> loops(inner, dims.subList(1, dims.size()), at(positions, dim, i), body));
    }

    private static List<Index> at(List<Index> positions, int dim, Index i) {
        var changed = new ArrayList<>(positions);
        changed.set(dim, i);
        return changed;
    }

    private Expr element(Code code, List<Index> positions, int laneDim, Optional<String> mask) {
        var leaves = new ElementLeaves(frame, nest, frame.operands(), positions, laneDim, mask);
        Expr value = ScalarLowering.into(code, leaves, List.of(reduce.expr())).lower(reduce.expr());
        return laneDim >= 0 ? value.broadcast() : value;
    }

    private void row(Code code, Index row) {
        List<Index> start = placed(rows().positions(code, row));
        boolean vector = !nest.isEmpty() && ElementLeaves.fillsVectors(nest, last(), frame.operands());
        boolean accumulates = vector && nest.last().bound() >= lanes;
        var lanesSum =
                accumulates ? Optional.of(code.variable("sum", identity().broadcast())) : Optional.<Expr.Local>empty();
        Expr.Local rest = code.variable("rest", identity());
        var dims = reducedDims();
        if (dims.isEmpty()) {
            code.assign(rest, element(code, start, -1, Optional.empty()));
        } else {
            loops(
                    code,
                    dims.subList(0, dims.size() - 1),
                    start,
                    (body, positions) -> innerRow(body, positions, vector, lanesSum, rest));
        }
        Expr total = lanesSum.map(s -> combine(new Expr.Reduce(combiner(), s, Optional.empty()), rest))
                .orElse(rest);
        code.store(frame.result(0).at(nest.offset(frame.operands().size(), start)), total);
    }

    private void innerRow(
            Code code, List<Index> positions, boolean vector, Optional<Expr.Local> lanesSum, Expr.Local rest) {
        int dim = last();
        LaneLoop.write(
                code, nest.counter(), Index.ZERO, nest.last().extent(), vector ? lanes : 1, (body, first, mask) -> {
                    Expr value = element(body, at(positions, dim, first), vector ? dim : -1, mask);
                    if (mask.isPresent() || lanesSum.isEmpty()) {
                        Expr one = vector ? new Expr.Reduce(combiner(), value, mask) : value;
                        body.assign(rest, combine(rest, one));
                    } else {
                        body.assign(lanesSum.get(), combine(lanesSum.get(), value));
                    }
                });
    }

    private void block(Code code, Index part) {
        int dim = last();
        boolean vector = ElementLeaves.fillsVectors(nest, dim, frame.operands());
        Index row = code.letIndex("row", part.dividedBy(blocks()));
        Index first = code.letIndex("first", part.modulo(blocks()).times((long) WIDE * lanes));
        List<Index> start = placed(rows().positions(code, row));
        Index end = nest.last().extent();
        if (!vector) {
            Index stop = code.letIndex("stop", first.plus((long) WIDE * lanes).least(end));
            code.loop(
                    nest.counter(),
                    first,
                    stop,
                    1,
                    (body, i) -> columns(body, at(start, dim, i), 1, false, Optional.empty()));
            return;
        }
        code.choose(
                end,
                Relation.LESS,
                first.plus((long) WIDE * lanes),
                narrow -> LaneLoop.write(
                        narrow,
                        nest.counter(),
                        first,
                        end,
                        lanes,
                        (body, i, mask) -> columns(body, at(start, dim, i), 1, true, mask)),
                wide -> columns(wide, at(start, dim, first), WIDE, true, Optional.empty()));
    }

    /** {@code width} neighbouring results (or vectors of them), in one pass over the reduced dims. */
    private void columns(Code code, List<Index> start, int width, boolean vector, Optional<String> mask) {
        int dim = last();
        int step = vector ? lanes : 1;
        var sums = new ArrayList<Expr.Local>();
        for (int w = 0; w < width; w++) {
            sums.add(code.variable("sum", vector ? identity().broadcast() : identity()));
        }
        loops(code, reducedDims(), start, (body, positions) -> {
            for (int w = 0; w < width; w++) {
                var shifted = at(positions, dim, positions.get(dim).plus((long) w * step));
                Expr value = element(body, shifted, vector ? dim : -1, mask);
                body.assign(sums.get(w), combine(sums.get(w), value));
            }
        });
        for (int w = 0; w < width; w++) {
            var shifted = at(start, dim, start.get(dim).plus((long) w * step));
            code.store(frame.result(0).at(nest.offset(frame.operands().size(), shifted)), sums.get(w), mask);
        }
    }
}
