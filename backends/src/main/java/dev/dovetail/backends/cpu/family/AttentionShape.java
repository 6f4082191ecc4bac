package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Sizes, strides and blocks of one attention kernel.
 *
 * <p>One worker takes one (batch, KV head) at a time: keys and values go into its scratch once, keys transposed so that
 * scores of neighbouring keys fill vectors; then query blocks of all heads that share them follow. A row of scores is kept
 * whole, because next to a register tile even tens of thousands of keys are little scratch; nothing score-sized is ever in
 * the arena.
 *
 * @param batch loops over the batch dims; tensors: q, k, log-sums
 * @param scoreTile queries by keys
 * @param headTile queries by elements of a head
 * @param keyTile keys by elements of a head
 */
record AttentionShape(
        AttentionPattern pattern,
        ElementType element,
        TensorType q,
        TensorType k,
        LoopNest batch,
        RegisterTile scoreTile,
        RegisterTile headTile,
        RegisterTile keyTile) {

    /** Queries whose scores are held at once, at most: enough depth for the products that add into keys and values. */
    private static final long QUERY_BLOCK = 32;

    static final int Q = 0;
    static final int K = 1;
    static final int LOG_SUM = 2;

    static AttentionShape of(AttentionPattern pattern, TensorType q, TensorType k, CpuTarget target) {
        requireHeadsInnermost(q);
        requireHeadsInnermost(k);
        long dim = q.dims().getLast().bound();
        var own = List.of(pattern.queries(), AttentionPattern.HEADS, AttentionPattern.HEAD_DIM);
        LoopNest batch = LoopNest.over(q.without(own).dims(), List.of(q, k, logSums(q)), Set.of());
        RegisterTile widest = RegisterTile.widest(target, q.element());
        long queries = q.dim(pattern.queries()).bound();
        return new AttentionShape(
                pattern,
                q.element(),
                q,
                k,
                batch,
                widest.within(queries, Long.MAX_VALUE),
                widest.within(queries, dim),
                widest.within(Long.MAX_VALUE, dim));
    }

    private static void requireHeadsInnermost(TensorType type) {
        if (!type.dims().getLast().name().equals(AttentionPattern.HEAD_DIM)) {
            throw new IllegalArgumentException("attention on the CPU wants head_dim innermost, got " + type);
        }
    }

    private static TensorType logSums(TensorType q) {
        return q.without(List.of(AttentionPattern.HEAD_DIM));
    }

    int lanes() {
        return scoreTile.lanes();
    }

    Index queries() {
        return KernelFrame.extent(q.dim(pattern.queries()));
    }

    Index keys() {
        return KernelFrame.extent(k.dim(pattern.keys()));
    }

    long headDim() {
        return q.dims().getLast().bound();
    }

    long kvHeads() {
        return AttentionPattern.kvHeads(k);
    }

    /** Query heads that read one KV head. */
    long group() {
        return q.dim(AttentionPattern.HEADS).bound() / kvHeads();
    }

    long queryRow() {
        return LoopNest.stride(q, pattern.queries());
    }

    long queryHead() {
        return LoopNest.stride(q, AttentionPattern.HEADS);
    }

    long keyRow() {
        return LoopNest.stride(k, pattern.keys());
    }

    long keyHead() {
        return AttentionPattern.headsOf(k)
                .map(heads -> LoopNest.stride(k, heads.name()))
                .orElse(0L);
    }

    long logSumRow() {
        return LoopNest.stride(logSums(q), pattern.queries());
    }

    long logSumHead() {
        return LoopNest.stride(logSums(q), AttentionPattern.HEADS);
    }

    /** Keys come in steps of this many: whole score tiles and whole key tiles. */
    long keyStep() {
        return Math.max(scoreTile.width(), keyTile.rows());
    }

    private static long roundUp(long value, long multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }

    /** Scratch elements of one row of scores. */
    long scoreRow() {
        return roundUp(k.dim(pattern.keys()).bound(), keyStep());
    }

    /** Scratch elements of one row of a head. */
    long headRow() {
        return roundUp(headDim(), headTile.width());
    }

    long queryBlock() {
        long rows = scoreTile.rows();
        return Math.min(roundUp(q.dim(pattern.queries()).bound(), rows), Math.max(rows, QUERY_BLOCK / rows * rows));
    }

    /** Position of the first query. */
    private Index start() {
        return pattern.start().map(Index::named).orElse(Index.ZERO);
    }

    /** Position of query {@code first}; those of a stretch follow one another. */
    Index position(Index first) {
        Index inFirst = start().plus(first);
        return pattern.mirrored()
                ? inFirst.plus(
                        first.dividedBy(stretch()).times(keys().minus(queries()).minus(start().times(2))))
                : inFirst;
    }

    /** Behind the last query of the stretch that {@code first} is in. */
    Index stretchEnd(Index first) {
        return pattern.mirrored() ? first.dividedBy(stretch()).plus(1).times(stretch()) : queries();
    }

    /** Where stretches of queries begin that follow one another, and where the last ends. */
    List<Index> stretches() {
        return pattern.mirrored() ? List.of(Index.ZERO, stretch(), queries()) : List.of(Index.ZERO, queries());
    }

    private Index stretch() {
        return queries().dividedBy(2);
    }

    /** Whether a query sees no key after its own position. */
    private boolean looksBack() {
        return pattern.causal() || pattern.start().isPresent();
    }

    /** The first key that a query at {@code position} does not see any more. */
    Index end(Index position) {
        return looksBack() ? keys().least(position.plus(1)) : keys();
    }

    /** Keys that any query of the launch sees. */
    Index seenKeys() {
        return looksBack() && pattern.start().isPresent()
                ? end(position(queries().plus(-1)))
                : keys();
    }

    /** The first key that a query at {@code position} sees. */
    Index begin(Index position) {
        return pattern.window() == 0
                ? Index.ZERO
                : position.plus(1L - pattern.window()).greatest(Index.ZERO);
    }

    boolean hasSlopes() {
        return pattern.alibiHeads() > 0;
    }

    Buffer.Table slopes() {
        return new Buffer.Table(
                "SLOPES",
                element,
                IntStream.range(0, pattern.alibiHeads())
                        .mapToObj(h -> pattern.slope(h))
                        .toList());
    }

    List<Buffer.Table> tables() {
        return hasSlopes() ? List.of(slopes()) : List.of();
    }

    /** ALiBi slope of a query head of this shard. */
    Expr slope(Code code, Index head) {
        Index first = pattern.headStart().map(Index::named).orElse(Index.ZERO);
        return code.let("slope", new Expr.Load(slopes().at(first.plus(head))));
    }

    String choice() {
        return "blocks: " + queryBlock() + " queries; tiles of " + scoreTile.rows() + " x " + scoreTile.width()
                + " scores and " + headTile.rows() + " x " + headTile.width() + " outputs; keys transposed in scratch";
    }
}
