package dev.dovetail.runtime.data;

import dev.dovetail.runtime.random.RandomStream;
import java.util.function.LongUnaryOperator;

/**
 * A text as numbered windows of {@code sequence} tokens with their next-token targets; a token is a byte.
 *
 * @param text never written
 * @param sequence tokens of a window
 * @param starts where window number i begins, at most {@code text.length - sequence - 1}
 */
public record Windows(byte[] text, int sequence, LongUnaryOperator starts) {
    /** Training: where sample {@code index} of step {@code step} begins depends on seed, step and index alone. */
    public static Windows random(byte[] text, int sequence, long seed, long step, long batch) {
        RandomStream stream = new RandomStream(seed, "data");
        long choices = (long) text.length - sequence;
        return new Windows(text, sequence, index -> stream.below(choices, step * batch + index));
    }

    /** Judging: {@code count} windows spread evenly over the text, overlapping only if the text is short. */
    public static Windows even(byte[] text, int sequence, long count) {
        long last = text.length - sequence - 1L;
        return new Windows(text, sequence, index -> count == 1 ? 0 : last * (index % count) / (count - 1));
    }

    /** Token {@code position} of window {@code index}; {@code position == sequence} is the last target. */
    public int token(long index, int position) {
        return text[(int) starts.applyAsLong(index) + position] & 0xFF;
    }
}
