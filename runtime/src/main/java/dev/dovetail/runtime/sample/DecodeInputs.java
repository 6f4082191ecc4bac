package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.RankContext;
import java.lang.foreign.MemorySegment;

/**
 * What one decoding call is given, and where it leaves its answer.
 *
 * @param start position of the first fresh token
 * @param fresh the tokens to read
 * @param logits receives the scores of the token that follows the last fresh one
 */
public record DecodeInputs(long start, int[] fresh, double[] logits) {
    /** How many fresh tokens there are. */
    public long tokens() {
        return fresh.length;
    }

    /** Writes the fresh tokens, all that there is, into the arena: int32 [tokens, 1]. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        if (given != Given.TOKENS) {
            throw new IllegalArgumentException("a text that is continued has no " + given);
        }
        context.memory().write(offset, MemorySegment.ofArray(fresh));
    }

    /** Takes the scores of the last fresh token from [tokens, 1, vocabulary] at {@code offset}. */
    public void deliver(RankContext context, ElementType type, long offset) {
        long row = offset + (long) (fresh.length - 1) * logits.length * type.bytes();
        MemorySegment scores = context.memory().view(row, (long) logits.length * type.bytes());
        for (int i = 0; i < logits.length; i++) {
            logits[i] = type.number(scores, i);
        }
    }
}
