package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;

/**
 * What one call of a model that reads samples whole is given, and where it leaves its answer.
 *
 * @param tokens what has been said so far, [places, samples]; empty where the batch has all that there is
 * @param scores receives all scores in the order in which the model gives them
 */
public record ReadInputs(StepInputs.Batch batch, int[] tokens, double[] scores) {
    /** Writes {@code given} into the arena, as elements of {@code type}. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        if (given == Given.TOKENS && tokens.length > 0) {
            RankMemory memory = context.memory();
            memory.write(offset, MemorySegment.ofArray(tokens));
        } else {
            batch.load(given, microbatch, type, context.memory(), offset);
        }
    }

    /** Takes the scores at {@code offset}. */
    public void deliver(RankContext context, ElementType type, long offset) {
        MemorySegment answer = context.memory().view(offset, (long) scores.length * type.bytes());
        for (int i = 0; i < scores.length; i++) {
            scores[i] = type.number(answer, i);
        }
    }
}
