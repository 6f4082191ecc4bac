package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Index;

/**
 * The keys of one row of a block, within the block's keys [begin, end).
 *
 * @param begin first key of the block
 * @param low first key this row sees
 * @param high first key after those it sees
 * @param whole {@code high}, rounded up to whole vectors
 * @param end first key after the block's last step of keys
 */
record RowSpan(Index begin, Index low, Index high, Index whole, Index end) {

    /** Reads the indices {@code begin} and {@code end} of the function it is written into. */
    static RowSpan of(Code code, AttentionShape shape, Index position) {
        Index begin = Index.named("begin");
        Index low = code.letIndex("low", shape.begin(position).greatest(begin));
        Index high = code.letIndex("high", shape.end(position).least(Index.named("end")));
        Index whole = code.letIndex("whole", roundUp(high, shape.lanes()));
        Index end = code.letIndex("stepEnd", roundUp(Index.named("end"), shape.keyStep()));
        return new RowSpan(begin, shape.pattern().window() == 0 ? begin : low, high, whole, end);
    }

    private static Index roundUp(Index value, long multiple) {
        return value.piecesOf(multiple).times(multiple);
    }
}
