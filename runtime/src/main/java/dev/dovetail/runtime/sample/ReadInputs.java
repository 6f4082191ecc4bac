package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.ShownBatch;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.RankContext;
import java.lang.foreign.MemorySegment;

/**
 * What one call of a model that is shown pictures is given, and where it leaves its answer.
 *
 * @param tokens what has been said so far, [places, pictures]; empty where the class is a number
 * @param scores receives all scores in the order in which the model gives them
 */
public record ReadInputs(ShownBatch batch, int[] tokens, double[] scores) {
    /** Writes {@code given} into the arena, as elements of {@code type}. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        if (given == Given.TOKENS) {
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
