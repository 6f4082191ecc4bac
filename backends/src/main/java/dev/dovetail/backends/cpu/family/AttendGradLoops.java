package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The loops of attention's gradient. Operands: do, q, k, v, o, log-sums. Results: dq, dk, dv.
 *
 * <p>With weights p and dp = do · vᵀ, ds = p (dp - Σ do o): dv = pᵀ do, dq = scale · ds k, dk = dsᵀ (scale · q).
 */
final class AttendGradLoops {
    private final KernelFrame frame;
    private final AttentionShape shape;
    private final AttentionShape values;
    private final AttentionPieces pieces;
    private final AttentionPieces valuePieces;
    private final Buffer.Scratch own;
    private final AttentionWalk walk;

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

    /** @param values of outputs and values, whose heads may be of another width */
    AttendGradLoops(KernelFrame frame, AttentionShape shape, AttentionShape values) {
        this.frame = frame;
        this.shape = shape;
        this.values = values;
        this.pieces = new AttentionPieces(shape);
        this.valuePieces = new AttentionPieces(values);
        this.own = pieces.own();
        this.walk = new AttentionWalk(frame, shape, values, own);
        var layout = new ScratchLayout();
        this.keyColumnsAt = layout.add(shape.headDim() * shape.scoreRow());
        this.valueColumnsAt = layout.add(values.headDim() * shape.scoreRow());
        this.keysAt = layout.add(shape.scoreRow() * shape.headRow());
        this.keyGradientsAt = layout.add(shape.scoreRow() * shape.headRow());
        this.valueGradientsAt = layout.add(shape.scoreRow() * values.headRow());
        this.queriesAt = layout.add(shape.queryBlock() * shape.headRow());
        this.outputGradientsAt = layout.add(shape.queryBlock() * values.headRow());
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
            Function valueScores,
            Function weigh,
            Function spread,
            Function spreadValues,
            Function rows,
            Function store) {}

    LoopKernel kernel() {
        Function transpose = pieces.transposeRows();
        Function loadKeys = pieces.loadKeyRows();
        Function storeKeys = pieces.storeKeyRows();
        Function transposeValues = own(valuePieces.transposeRows(), transpose);
        Function storeValues = own(valuePieces.storeKeyRows(), storeKeys);
        var steps = new Steps(
                pieces.loadQueryRows("loadQueries", shape.pattern().scale()),
                valuePieces.loadQueryRows("loadGradients", 1),
                pieces.scoreTile(),
                own(valuePieces.scoreTile(), pieces.scoreTile()),
                pieces.weighTile(),
                pieces.spreadTile(),
                own(valuePieces.spreadTile(), pieces.spreadTile()),
                weightRows(),
                pieces.storeQueryRows(shape.pattern().scale()));
        Function block = walk.block((code, b) -> block(code, b, steps));
        Function part = walk.keyHeads(scratch, (code, keys) -> {
            Index count = shape.keys();
            code.call(transpose, pieces.arguments(frame.operand(2), keyColumnsAt, keys.keyAt(), count));
            code.call(transposeValues, pieces.arguments(frame.operand(3), valueColumnsAt, keys.valueAt(), count));
            code.call(loadKeys, pieces.arguments(frame.operand(2), keysAt, keys.keyAt(), count));
            pieces.clear(
                    code,
                    keyGradientsAt,
                    Index.ZERO,
                    Index.of(shape.scoreRow() * (shape.headRow() + values.headRow())));
            walk.queryBlocks(code, keys, block);
            code.call(storeKeys, pieces.arguments(frame.result(1), keyGradientsAt, keys.keyAt(), count));
            code.call(storeValues, pieces.arguments(frame.result(2), valueGradientsAt, keys.valueAt(), count));
        });
        return walk.kernel(
                "Shares pairs of batch entry and KV head among the workers: no two add to the same key.",
                part,
                Stream.of(
                                block,
                                transpose,
                                transposeValues,
                                loadKeys,
                                storeKeys,
                                storeValues,
                                steps.loadQueries(),
                                steps.loadGradients(),
                                steps.scores(),
                                steps.valueScores(),
                                steps.rows(),
                                steps.weigh(),
                                steps.spread(),
                                steps.spreadValues(),
                                steps.store())
                        .distinct()
                        .toList());
    }

    /** A function for values: that for keys, where it is the same; else under a name of its own. */
    private static Function own(Function ofValues, Function ofKeys) {
        return ofValues.equals(ofKeys)
                ? ofKeys
                : new Function(
                        ofValues.name() + "OfValues", ofValues.purpose(), ofValues.parameters(), ofValues.body());
    }

    private void block(Code code, AttentionWalk.Block b, Steps steps) {
        Index rows = b.rows();
        Index begin = b.begin();
        Index end = b.end();
        code.call(steps.loadQueries(), pieces.arguments(frame.operand(1), queriesAt, b.rowsAt(), rows));
        code.call(steps.loadGradients(), pieces.arguments(frame.operand(0), outputGradientsAt, b.outputsAt(), rows));
        pieces.scores(code, steps.scores(), queriesAt, keyColumnsAt, weightsAt, rows, begin, end);
        valuePieces.scores(code, steps.valueScores(), outputGradientsAt, valueColumnsAt, slopesAt, rows, begin, end);
        code.call(
                steps.rows(),
                walk.arguments(Index.named("head"), b.logSumsAt(), b.outputsAt(), b.position(), rows, begin, end));
        pieces.weigh(code, steps.weigh(), slopesAt, keysAt, queryGradientsAt, rows, begin, end);
        code.call(steps.store(), pieces.arguments(frame.result(0), queryGradientsAt, b.rowsAt(), rows));
        valuePieces.spread(
                code, steps.spreadValues(), weightsAt, outputGradientsAt, valueGradientsAt, rows, begin, end);
        pieces.spread(code, steps.spread(), slopesAt, queriesAt, keyGradientsAt, rows, begin, end);
    }

    /** Scores to weights, and their gradients to the scores' gradients, row by row. */
    private Function weightRows() {
        return Code.function(
                "weightRows",
                "Scores to weights and to gradients of scores.",
                walk.parameters("head", "logSumAt", "rowsAt", "position", "rows", "begin", "end"),
                code -> code.loop("r", Index.named("rows"), this::weightRow));
    }

    private void weightRow(Code code, Index r) {
        Index position = code.letIndex("at", Index.named("position").plus(r));
        Index weights = code.letIndex("row", weightsAt.plus(r.times(shape.scoreRow())));
        Index slopes = code.letIndex("slopeRow", slopesAt.plus(r.times(shape.scoreRow())));
        var span = RowSpan.of(code, shape, position);
        pieces.cap(code, weights, span.begin(), span.whole());
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
            Expr score = body.let("score", pieces.lanesAt(weights.plus(j)));
            Expr biased = slope.map(s -> score.plus(new Expr.Ramp(j.minus(position)).times(s)))
                    .orElse(score);
            Expr weight = body.let("weight", biased.minus(logSum).exp());
            body.store(own.at(weights.plus(j)), weight);
            Expr inflow = weight.times(pieces.lanesAt(slopes.plus(j)).minus(delta));
            boolean capped = shape.pattern().cap() > 0;
            body.store(own.at(slopes.plus(j)), capped ? inflow.times(pieces.slopeOfCap(score)) : inflow);
        });
        pieces.clear(code, weights, span.whole(), span.end());
        pieces.clear(code, slopes, span.whole(), span.end());
    }

    /** Σ do · o along the head. */
    private Expr delta(Code code, Index r) {
        Index at = code.letIndex("outputAt", Index.named("rowsAt").plus(r.times(values.queryRow())));
        var sums = NestLoops.sums(
                code,
                "d",
                Index.of(values.headDim()),
                shape.lanes(),
                List.of((body, d, mask) -> new Expr.LoadVector(frame.operand(0).at(at.plus(d)), mask)
                        .times(new Expr.LoadVector(frame.operand(4).at(at.plus(d)), mask))));
        return code.let("delta", sums.getFirst());
    }
}
