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
 * @param logits receives the scores of the token that follows the last fresh one; or what is made of each of the last tokens
 * @param rows how many of the last tokens
 */
public record DecodeInputs(long start, int[] fresh, double[] logits, int rows) {
    /** A text that goes on: only what follows its last token matters. */
    public DecodeInputs(long start, int[] fresh, double[] logits) {
        this(start, fresh, logits, 1);
    }

    /** How many fresh tokens there are. */
    public int tokens() {
        return fresh.length;
    }

    /** Writes the fresh tokens, all that there is, into the arena: int32 [tokens, 1]. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        switch (given) {
            case TOKENS -> context.memory().write(offset, MemorySegment.ofArray(fresh));
            // One text is all of the first kind.
            case TOKEN_TYPES -> context.memory().write(offset, MemorySegment.ofArray(new int[fresh.length]));
            case SOURCE_TOKENS, SIGNAL, TARGETS, LATENTS, NOISE, TIMES, LABELS ->
                throw new IllegalArgumentException("a text that is read has no " + given);
        }
    }

    /** Takes what is made of the last tokens from [tokens, 1, vocabulary] at {@code offset}. */
    public void deliver(RankContext context, ElementType type, long offset) {
        long row = offset + (long) (fresh.length - rows) * (logits.length / rows) * type.bytes();
        MemorySegment scores = context.memory().view(row, (long) logits.length * type.bytes());
        for (int i = 0; i < logits.length; i++) {
            logits[i] = type.number(scores, i);
        }
    }
}
