package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import java.util.List;
import java.util.Optional;

/** The loops of one attention kernel. Operands: q, k, v, perhaps sinks. Results: o, log-sums. */
final class AttendLoops {
    private final KernelFrame frame;
    private final AttentionShape shape;
    private final AttentionShape values;
    private final AttentionPieces pieces;
    private final AttentionPieces valuePieces;
    private final Buffer.Scratch own;
    private final AttentionWalk walk;

    // Where things lie in a worker's scratch.
    private final Index keysAt;
    private final Index valuesAt;
    private final Index queriesAt;
    private final Index scoresAt;
    private final Index outputsAt;
    private final Index sharesAt;
    private final long scratch;

    /** @param values of outputs and values, whose heads may be of another width */
    AttendLoops(KernelFrame frame, AttentionShape shape, AttentionShape values) {
        this.frame = frame;
        this.shape = shape;
        this.values = values;
        this.pieces = new AttentionPieces(shape);
        this.valuePieces = new AttentionPieces(values);
        this.own = pieces.own();
        this.walk = new AttentionWalk(frame, shape, values, own);
        var layout = new ScratchLayout();
        this.keysAt = layout.add(shape.headDim() * shape.scoreRow());
        this.valuesAt = layout.add(shape.scoreRow() * values.headRow());
        this.queriesAt = layout.add(shape.queryBlock() * shape.headRow());
        this.scoresAt = layout.add(shape.queryBlock() * shape.scoreRow());
        this.outputsAt = layout.add(shape.queryBlock() * values.headRow());
        this.sharesAt = layout.add(shape.queryBlock());
        this.scratch = layout.size();
    }

    LoopKernel kernel() {
        Function transpose = pieces.transposeRows();
        Function loadValues = valuePieces.loadKeyRows();
        Function loadQueries =
                pieces.loadQueryRows("loadQueries", shape.pattern().scale());
        Function scores = pieces.scoreTile();
        Function softmax = softmax();
        Function weigh = valuePieces.weighTile();
        Function store = storeOutputs();
        Function block = walk.block((code, b) -> {
            code.call(loadQueries, pieces.arguments(frame.operand(0), queriesAt, b.rowsAt(), b.rows()));
            pieces.scores(code, scores, queriesAt, keysAt, scoresAt, b.rows(), b.begin(), b.end());
            code.call(
                    softmax,
                    walk.arguments(Index.named("head"), b.logSumsAt(), b.position(), b.rows(), b.begin(), b.end()));
            valuePieces.weigh(code, weigh, scoresAt, valuesAt, outputsAt, b.rows(), b.begin(), b.end());
            code.call(store, pieces.arguments(frame.result(0), b.outputsAt(), b.rows()));
        });
        Function part = walk.keyHeads(scratch, (code, keys) -> {
            Index seen = code.letIndex("seen", shape.seenKeys());
            code.call(transpose, pieces.arguments(frame.operand(1), keysAt, keys.keyAt(), seen));
            code.call(loadValues, pieces.arguments(frame.operand(2), valuesAt, keys.valueAt(), seen));
            walk.queryBlocks(code, keys, block);
        });
        return walk.kernel(
                "Shares pairs of batch entry and KV head among the workers.",
                part,
                List.of(block, transpose, loadValues, loadQueries, scores, softmax, weigh, store));
    }

    /** Scores to weights, row by row; what a query does not see weighs nothing. */
    private Function softmax() {
        return Code.function(
                "softmax",
                "Scores to exponentials, row by row.",
                walk.parameters("head", "logSumAt", "position", "rows", "begin", "end"),
                code -> code.loop("r", Index.named("rows"), this::softmaxRow));
    }

    private void softmaxRow(Code code, Index r) {
        Index position = code.letIndex("at", Index.named("position").plus(r));
        Index row = code.letIndex("row", scoresAt.plus(r.times(shape.scoreRow())));
        var span = RowSpan.of(code, shape, position);
        pieces.cap(code, row, span.begin(), span.whole());
        pieces.fill(code, row, span.begin(), span.low(), Double.NEGATIVE_INFINITY);
        pieces.fill(code, row, span.high(), span.whole(), Double.NEGATIVE_INFINITY);
        if (shape.hasSlopes()) {
            Expr slope = shape.slope(code, Index.named("head"));
            code.loop(
                    "j",
                    span.begin(),
                    span.whole(),
                    shape.lanes(),
                    (body, j) -> body.store(
                            own.at(row.plus(j)),
                            pieces.lanesAt(row.plus(j)).plus(new Expr.Ramp(j.minus(position)).times(slope))));
        }
        Expr.Local most =
                code.variable("most", Expr.literal(Double.NEGATIVE_INFINITY).broadcast());
        code.loop(
                "j",
                span.begin(),
                span.whole(),
                shape.lanes(),
                (body, j) -> body.assign(most, most.max(pieces.lanesAt(row.plus(j)))));
        Expr seen = new Expr.Reduce(BinaryKind.MAX, most, Optional.empty());
        Optional<Expr> sink = sink(code);
        Expr highest = code.let("highest", sink.map(seen::max).orElse(seen));
        Expr.Local sum = code.variable("sum", Expr.literal(0).broadcast());
        code.loop("j", span.begin(), span.whole(), shape.lanes(), (body, j) -> {
            Expr weight = body.let(
                    "weight", pieces.lanesAt(row.plus(j)).minus(highest).exp());
            body.store(own.at(row.plus(j)), weight);
            body.assign(sum, sum.plus(weight));
        });
        pieces.clear(code, row, span.whole(), span.end());
        Expr weights = sum.sumOfLanes();
        Expr total = code.let(
                "total", sink.map(s -> weights.plus(s.minus(highest).exp())).orElse(weights));
        code.store(own.at(sharesAt.plus(r)), Expr.literal(1).over(total));
        code.store(
                frame.result(1).at(Index.named("logSumAt").plus(r.times(shape.logSumRow()))),
                highest.plus(new Expr.Unary(UnaryKind.LOG, total)));
    }

    /** The score that a head adds to every row, where there are sinks. */
    private Optional<Expr> sink(Code code) {
        return frame.operands().size() < 4
                ? Optional.empty()
                : Optional.of(code.let("sink", new Expr.Load(frame.operand(3).at(Index.named("head")))));
    }

    /** (own, o, rowsAt, rows): outputs, each row divided by its sum of exponentials. */
    private Function storeOutputs() {
        List<Parameter> parameters = List.of(
                new Parameter.OfBuffer(own),
                new Parameter.OfBuffer(frame.result(0)),
                new Parameter.OfIndex("rowsAt"),
                new Parameter.OfIndex("rows"));
        return Code.function(
                "storeOutputs",
                "Outputs, divided by their sums.",
                parameters,
                code -> code.loop("r", Index.named("rows"), (body, r) -> {
                    Expr share = body.let("share", new Expr.Load(own.at(sharesAt.plus(r))));
                    Index from = body.letIndex("from", outputsAt.plus(r.times(values.headRow())));
                    Index to = body.letIndex("to", Index.named("rowsAt").plus(r.times(values.queryRow())));
                    valuePieces.headLoop(
                            body,
                            (each, d, mask) -> each.store(
                                    frame.result(0).at(to.plus(d)),
                                    new Expr.LoadVector(own.at(from.plus(d)), mask).times(share),
                                    mask));
                }));
    }
}
