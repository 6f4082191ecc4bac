package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import java.util.List;
import java.util.Optional;

/**
 * The loops of attention's gradient. Operands: do, q, k, v, o, log-sums. Results: dq, dk, dv.
 *
 * <p>With weights p and dp = do · vᵀ, ds = p (dp - Σ do o): dv = pᵀ do, dq = scale · ds k, dk = dsᵀ (scale · q).
 */
final class AttendGradLoops {
    private final KernelFrame frame;
    private final AttentionShape shape;
    private final AttentionPieces pieces;
    private final Buffer.Scratch own;

    // Where things lie in a worker's scratch.
    private final Index keyColumnsAt;
    private final Index valueColumnsAt;
    private final Index keysAt;
    private final Index keyGradientsAt;
    private final Index valueGradientsAt;
    private final Index queriesAt;
    private final Index outputGradientsAt;
    private final Index queryGradientsAt;
    private final Index weightsAt;
    private final Index slopesAt;
    private final long scratch;

    AttendGradLoops(KernelFrame frame, AttentionShape shape) {
        this.frame = frame;
        this.shape = shape;
        this.pieces = new AttentionPieces(shape);
        this.own = pieces.own();
        var layout = new ScratchLayout();
        this.keyColumnsAt = layout.add(shape.headDim() * shape.scoreRow());
        this.valueColumnsAt = layout.add(shape.headDim() * shape.scoreRow());
        this.keysAt = layout.add(shape.scoreRow() * shape.headRow());
        this.keyGradientsAt = layout.add(shape.scoreRow() * shape.headRow());
        this.valueGradientsAt = layout.add(shape.scoreRow() * shape.headRow());
        this.queriesAt = layout.add(shape.queryBlock() * shape.headRow());
        this.outputGradientsAt = layout.add(shape.queryBlock() * shape.headRow());
        this.queryGradientsAt = layout.add(shape.queryBlock() * shape.headRow());
        this.weightsAt = layout.add(shape.queryBlock() * shape.scoreRow());
        this.slopesAt = layout.add(shape.queryBlock() * shape.scoreRow());
        this.scratch = layout.size();
    }

    /** The functions a block of queries calls. */
    private record Steps(
            Function loadQueries,
            Function loadGradients,
            Function scores,
            Function weigh,
            Function spread,
            Function rows,
            Function store) {}

    LoopKernel kernel() {
        Function transpose = pieces.transposeRows();
        Function loadKeys = pieces.loadKeyRows();
        Function storeKeys = pieces.storeKeyRows();
        var steps = new Steps(
                pieces.loadQueryRows("loadQueries", shape.pattern().scale()),
                pieces.loadQueryRows("loadGradients", 1),
                pieces.scoreTile(),
                pieces.weighTile(),
                pieces.spreadTile(),
                weightRows(),
                pieces.storeQueryRows(shape.pattern().scale()));
        Function block = block(steps);
        Function part = Code.function(
                "heads",
                "Items from to to: pairs of batch entry and KV head.",
                frame.partParameters(),
                code -> heads(code, List.of(transpose, loadKeys, storeKeys), block));
        Function launch = Code.function(
                "run",
                "Shares pairs of batch entry and KV head among the workers: no two add to the same key.",
                frame.parameters(),
                code -> code.parallel(shape.batch().size().times(shape.kvHeads()), part, frame.arguments()));
        return new LoopKernel(
                shape.element(),
                shape.lanes(),
                List.of(shape.choice()),
                shape.tables(),
                launch,
                List.of(
                        part,
                        block,
                        transpose,
                        loadKeys,
                        storeKeys,
                        steps.loadQueries(),
                        steps.loadGradients(),
                        steps.scores(),
                        steps.rows(),
                        steps.weigh(),
                        steps.spread(),
                        steps.store()));
    }

    /** @param keyFunctions transposing, loading and storing rows of keys */
    private void heads(Code code, List<Function> keyFunctions, Function block) {
        code.reserve(own, KernelFrame.WORKER, scratch);
        code.loop("item", KernelFrame.FROM, KernelFrame.TO, 1, (body, item) -> {
            Index entry = body.letIndex("entry", item.dividedBy(shape.kvHeads()));
            Index group = body.letIndex("kvHead", item.modulo(Index.of(shape.kvHeads())));
            var positions = shape.batch().positions(body, entry);
            Index keyAt = body.letIndex(
                    "keyAt", shape.batch().offset(AttentionShape.K, positions).plus(group.times(shape.keyHead())));
            Index count = shape.keys();
            body.call(keyFunctions.get(0), pieces.arguments(frame.operand(2), keyColumnsAt, keyAt, count));
            body.call(keyFunctions.get(0), pieces.arguments(frame.operand(3), valueColumnsAt, keyAt, count));
            body.call(keyFunctions.get(1), pieces.arguments(frame.operand(2), keysAt, keyAt, count));
            Index gradients = Index.of(2 * shape.scoreRow() * shape.headRow());
            pieces.clear(body, keyGradientsAt, Index.ZERO, gradients);
            body.loop("member", Index.of(shape.group()), (each, member) -> head(each, group, member, positions, block));
            body.call(keyFunctions.get(2), pieces.arguments(frame.result(1), keyGradientsAt, keyAt, count));
            body.call(keyFunctions.get(2), pieces.arguments(frame.result(2), valueGradientsAt, keyAt, count));
        });
    }

    private void head(Code code, Index group, Index member, List<Index> positions, Function block) {
        Index head = code.letIndex("head", group.times(shape.group()).plus(member));
        Index queryAt = code.letIndex(
                "queryAt", shape.batch().offset(AttentionShape.Q, positions).plus(head.times(shape.queryHead())));
        Index logSumAt = code.letIndex(
                "logSumAt",
                shape.batch().offset(AttentionShape.LOG_SUM, positions).plus(head.times(shape.logSumHead())));
        code.loop(
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
    }

    private Function block(Steps steps) {
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
            code.call(steps.loadQueries(), pieces.arguments(frame.operand(1), queriesAt, rowsAt, rows));
            code.call(steps.loadGradients(), pieces.arguments(frame.operand(0), outputGradientsAt, rowsAt, rows));
            pieces.scores(code, steps.scores(), queriesAt, keyColumnsAt, weightsAt, rows, begin, end);
            pieces.scores(code, steps.scores(), outputGradientsAt, valueColumnsAt, slopesAt, rows, begin, end);
            Index logSums = Index.named("logSumAt").plus(first.times(shape.logSumRow()));
            code.call(
                    steps.rows(),
                    frame.arguments(
                            new Argument.OfBuffer(own),
                            new Argument.OfIndex(Index.named("head")),
                            new Argument.OfIndex(logSums),
                            new Argument.OfIndex(rowsAt),
                            new Argument.OfIndex(position),
                            new Argument.OfIndex(rows),
                            new Argument.OfIndex(begin),
                            new Argument.OfIndex(end)));
            pieces.weigh(code, steps.weigh(), slopesAt, keysAt, queryGradientsAt, rows, begin, end);
            code.call(steps.store(), pieces.arguments(frame.result(0), queryGradientsAt, rowsAt, rows));
            pieces.spread(code, steps.spread(), weightsAt, outputGradientsAt, valueGradientsAt, rows, begin, end);
            pieces.spread(code, steps.spread(), slopesAt, queriesAt, keyGradientsAt, rows, begin, end);
        });
    }

    /** Scores to weights, and their gradients to the scores' gradients, row by row. */
    private Function weightRows() {
        var parameters = frame.partlessParameters(
                new Parameter.OfBuffer(own),
                new Parameter.OfIndex("head"),
                new Parameter.OfIndex("logSumAt"),
                new Parameter.OfIndex("rowsAt"),
                new Parameter.OfIndex("position"),
                new Parameter.OfIndex("rows"),
                new Parameter.OfIndex("begin"),
                new Parameter.OfIndex("end"));
        return Code.function(
                "weightRows",
                "Scores to weights and to gradients of scores.",
                parameters,
                code -> code.loop("r", Index.named("rows"), this::weightRow));
    }

    private void weightRow(Code code, Index r) {
        Index position = code.letIndex("at", Index.named("position").plus(r));
        Index weights = code.letIndex("row", weightsAt.plus(r.times(shape.scoreRow())));
        Index slopes = code.letIndex("slopeRow", slopesAt.plus(r.times(shape.scoreRow())));
        var span = RowSpan.of(code, shape, position);
        // Scratch beyond the last key holds anything, even what is not a number: both factors are replaced.
        for (var hidden : List.of(List.of(span.begin(), span.low()), List.of(span.high(), span.whole()))) {
            pieces.fill(code, weights, hidden.get(0), hidden.get(1), Double.NEGATIVE_INFINITY);
            pieces.fill(code, slopes, hidden.get(0), hidden.get(1), 0);
        }
        Expr delta = delta(code, r);
        Index logSumAt = Index.named("logSumAt").plus(r.times(shape.logSumRow()));
        Expr logSum = code.let("logSum", new Expr.Load(frame.operand(5).at(logSumAt)));
        Optional<Expr> slope =
                shape.hasSlopes() ? Optional.of(shape.slope(code, Index.named("head"))) : Optional.empty();
        code.loop("j", span.begin(), span.whole(), shape.lanes(), (body, j) -> {
            Expr score = pieces.lanesAt(weights.plus(j));
            Expr biased = slope.map(s -> score.plus(new Expr.Ramp(j.minus(position)).times(s)))
                    .orElse(score);
            Expr weight = body.let("weight", biased.minus(logSum).exp());
            body.store(own.at(weights.plus(j)), weight);
            body.store(
                    own.at(slopes.plus(j)),
                    weight.times(pieces.lanesAt(slopes.plus(j)).minus(delta)));
        });
        pieces.clear(code, weights, span.whole(), span.end());
        pieces.clear(code, slopes, span.whole(), span.end());
    }

    /** Σ do · o along the head. */
    private Expr delta(Code code, Index r) {
        Index at = code.letIndex("outputAt", Index.named("rowsAt").plus(r.times(shape.queryRow())));
        var sums = NestLoops.sums(
                code,
                "d",
                Index.of(shape.headDim()),
                shape.lanes(),
                List.of((body, d, mask) -> new Expr.LoadVector(frame.operand(0).at(at.plus(d)), mask)
                        .times(new Expr.LoadVector(frame.operand(4).at(at.plus(d)), mask))));
        return code.let("delta", sums.getFirst());
    }
}
