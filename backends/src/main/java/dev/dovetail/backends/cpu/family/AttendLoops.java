package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import java.util.List;
import java.util.Optional;

/** The loops of one attention kernel. Operands: q, k, v. Results: o, log-sums. */
final class AttendLoops {
    private final KernelFrame frame;
    private final AttentionShape shape;
    private final AttentionPieces pieces;
    private final Buffer.Scratch own;

    // Where things lie in a worker's scratch.
    private final Index keysAt;
    private final Index valuesAt;
    private final Index queriesAt;
    private final Index scoresAt;
    private final Index outputsAt;
    private final Index sharesAt;
    private final long scratch;

    AttendLoops(KernelFrame frame, AttentionShape shape) {
        this.frame = frame;
        this.shape = shape;
        this.pieces = new AttentionPieces(shape);
        this.own = pieces.own();
        var layout = new ScratchLayout();
        this.keysAt = layout.add(shape.headDim() * shape.scoreRow());
        this.valuesAt = layout.add(shape.scoreRow() * shape.headRow());
        this.queriesAt = layout.add(shape.queryBlock() * shape.headRow());
        this.scoresAt = layout.add(shape.queryBlock() * shape.scoreRow());
        this.outputsAt = layout.add(shape.queryBlock() * shape.headRow());
        this.sharesAt = layout.add(shape.queryBlock());
        this.scratch = layout.size();
    }

    LoopKernel kernel() {
        Function transpose = pieces.transposeRows();
        Function loadKeys = pieces.loadKeyRows();
        Function loadQueries =
                pieces.loadQueryRows("loadQueries", shape.pattern().scale());
        Function scores = pieces.scoreTile();
        Function softmax = softmax();
        Function weigh = pieces.weighTile();
        Function store = storeOutputs();
        Function block = block(List.of(loadQueries, scores, softmax, weigh, store));
        Function part = Code.function(
                "heads",
                "Items from to to: pairs of batch entry and KV head.",
                frame.partParameters(),
                code -> heads(code, transpose, loadKeys, block));
        Function launch = Code.function(
                "run",
                "Shares pairs of batch entry and KV head among the workers.",
                frame.parameters(),
                code -> code.parallel(shape.batch().size().times(shape.kvHeads()), part, frame.arguments()));
        return new LoopKernel(
                shape.element(),
                shape.lanes(),
                List.of(shape.choice()),
                shape.tables(),
                launch,
                List.of(part, block, transpose, loadKeys, loadQueries, scores, softmax, weigh, store));
    }

    private void heads(Code code, Function transpose, Function loadKeys, Function block) {
        code.reserve(own, KernelFrame.WORKER, scratch);
        code.loop("item", KernelFrame.FROM, KernelFrame.TO, 1, (body, item) -> {
            Index entry = body.letIndex("entry", item.dividedBy(shape.kvHeads()));
            Index group = body.letIndex("kvHead", item.modulo(Index.of(shape.kvHeads())));
            var positions = shape.batch().positions(body, entry);
            Index keyAt = body.letIndex(
                    "keyAt", shape.batch().offset(AttentionShape.K, positions).plus(group.times(shape.keyHead())));
            Index seen = body.letIndex("seen", shape.seenKeys());
            body.call(transpose, pieces.arguments(frame.operand(1), keysAt, keyAt, seen));
            body.call(loadKeys, pieces.arguments(frame.operand(2), valuesAt, keyAt, seen));
            body.loop("member", Index.of(shape.group()), (each, member) -> {
                Index head = each.letIndex("head", group.times(shape.group()).plus(member));
                Index queryAt = each.letIndex(
                        "queryAt",
                        shape.batch().offset(AttentionShape.Q, positions).plus(head.times(shape.queryHead())));
                Index logSumAt = each.letIndex(
                        "logSumAt",
                        shape.batch().offset(AttentionShape.LOG_SUM, positions).plus(head.times(shape.logSumHead())));
                each.loop(
                        "first",
                        Index.ZERO,
                        shape.queries(),
                        shape.queryBlock(),
                        (inner, first) -> inner.call(
                                block,
                                frame.arguments(
                                        new Argument.OfBuffer(own),
                                        new Argument.OfIndex(head),
                                        new Argument.OfIndex(queryAt),
                                        new Argument.OfIndex(logSumAt),
                                        new Argument.OfIndex(first))));
            });
        });
    }

    private Function block(List<Function> functions) {
        var parameters = frame.partlessParameters(
                new Parameter.OfBuffer(own),
                new Parameter.OfIndex("head"),
                new Parameter.OfIndex("queryAt"),
                new Parameter.OfIndex("logSumAt"),
                new Parameter.OfIndex("first"));
        return Code.function("block", "One block of queries of one head.", parameters, code -> {
            Index first = Index.named("first");
            Index rows = code.letIndex("rows", shape.queries().minus(first).least(Index.of(shape.queryBlock())));
            Index position = code.letIndex("position", shape.start().plus(first));
            Index begin = code.letIndex("begin", shape.begin(position).floorTo(shape.keyStep()));
            Index end = code.letIndex("end", shape.end(position.plus(rows).plus(-1)));
            Index rowsAt = code.letIndex("rowsAt", Index.named("queryAt").plus(first.times(shape.queryRow())));
            code.call(functions.get(0), pieces.arguments(frame.operand(0), queriesAt, rowsAt, rows));
            pieces.scores(code, functions.get(1), queriesAt, keysAt, scoresAt, rows, begin, end);
            Index logSums = Index.named("logSumAt").plus(first.times(shape.logSumRow()));
            code.call(
                    functions.get(2),
                    frame.arguments(
                            new Argument.OfBuffer(own),
                            new Argument.OfIndex(Index.named("head")),
                            new Argument.OfIndex(logSums),
                            new Argument.OfIndex(position),
                            new Argument.OfIndex(rows),
                            new Argument.OfIndex(begin),
                            new Argument.OfIndex(end)));
            pieces.weigh(code, functions.get(3), scoresAt, valuesAt, outputsAt, rows, begin, end);
            code.call(functions.get(4), pieces.arguments(frame.result(0), rowsAt, rows));
        });
    }

    /** Scores to weights, row by row; what a query does not see weighs nothing. */
    private Function softmax() {
        var parameters = frame.partlessParameters(
                new Parameter.OfBuffer(own),
                new Parameter.OfIndex("head"),
                new Parameter.OfIndex("logSumAt"),
                new Parameter.OfIndex("position"),
                new Parameter.OfIndex("rows"),
                new Parameter.OfIndex("begin"),
                new Parameter.OfIndex("end"));
        return Code.function(
                "softmax",
                "Scores to exponentials, row by row.",
                parameters,
                code -> code.loop("r", Index.named("rows"), this::softmaxRow));
    }

    private void softmaxRow(Code code, Index r) {
        Index position = code.letIndex("at", Index.named("position").plus(r));
        Index row = code.letIndex("row", scoresAt.plus(r.times(shape.scoreRow())));
        var span = RowSpan.of(code, shape, position);
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
        Expr highest = code.let("highest", new Expr.Reduce(BinaryKind.MAX, most, Optional.empty()));
        Expr.Local sum = code.variable("sum", Expr.literal(0).broadcast());
        code.loop("j", span.begin(), span.whole(), shape.lanes(), (body, j) -> {
            Expr weight = body.let(
                    "weight", pieces.lanesAt(row.plus(j)).minus(highest).exp());
            body.store(own.at(row.plus(j)), weight);
            body.assign(sum, sum.plus(weight));
        });
        pieces.clear(code, row, span.whole(), span.end());
        Expr total = code.let("total", sum.sumOfLanes());
        code.store(own.at(sharesAt.plus(r)), Expr.literal(1).over(total));
        code.store(
                frame.result(1).at(Index.named("logSumAt").plus(r.times(shape.logSumRow()))),
                highest.plus(new Expr.Unary(UnaryKind.LOG, total)));
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
                    Index from = body.letIndex("from", outputsAt.plus(r.times(shape.headRow())));
                    Index to = body.letIndex("to", Index.named("rowsAt").plus(r.times(shape.queryRow())));
                    pieces.headLoop(
                            body,
                            (each, d, mask) -> each.store(
                                    frame.result(0).at(to.plus(d)),
                                    new Expr.LoadVector(own.at(from.plus(d)), mask).times(share),
                                    mask));
                }));
    }
}
