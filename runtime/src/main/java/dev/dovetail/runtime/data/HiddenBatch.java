package dev.dovetail.runtime.data;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.random.RandomStream;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.ValueLayout;
import java.util.function.IntUnaryOperator;

/**
 * A rank's share of a global batch of pieces of text of which something is hidden.
 *
 * @param windows of the whole step
 * @param random what is hidden in each sample
 * @param before samples of {@code random} before the first of the global batch
 */
public record HiddenBatch(Windows windows, Hiding hiding, RandomStream random, long before, BatchShare share)
        implements StepInputs.Batch {
    private static final int NO_TOKEN = 0;

    @Override
    public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
        switch (given) {
            case TOKENS ->
                write(microbatch, memory, offset, NO_TOKEN, (exercise, i) -> {
                    int place = (int) share.positions().at(i);
                    return place < exercise.tokens().length ? exercise.tokens()[place] : NO_TOKEN;
                });
            case TARGETS ->
                write(
                        microbatch,
                        memory,
                        offset,
                        WindowBatch.NOT_COUNTED,
                        (exercise, i) -> exercise.target((int) share.positions().at(i)));
            case SOURCE_TOKENS -> source(microbatch, memory, offset);
            // All is of the first kind.
            case TOKEN_TYPES -> write(microbatch, memory, offset, 0, (exercise, i) -> 0);
            case SIGNAL, LATENTS, NOISE, TIMES, LABELS, TEXTS, POOLED_TEXTS, GUIDANCE ->
                throw new IllegalArgumentException("text has no " + given);
        }
    }

    @Override
    public long countedTokens(int microbatch) {
        long counted = 0;
        for (int s = 0; s < share.filled(microbatch); s++) {
            Exercise exercise = exercise(microbatch, s);
            for (int i = 0; i < share.tokens(); i++) {
                counted += exercise.target((int) share.positions().at(i)) >= 0 ? 1 : 0;
            }
        }
        return counted;
    }

    /** Sample {@code place} of a micro-batch. */
    public Exercise exercise(int microbatch, int place) {
        long index = share.sample(microbatch, place);
        return hiding.exercise(piece(index), random, before + index);
    }

    /** The whole text of sample {@code index} of the global batch. */
    public int[] piece(long index) {
        int[] piece = new int[windows.sequence()];
        for (int i = 0; i < piece.length; i++) {
            piece[i] = windows.token(index, i);
        }
        return piece;
    }

    /** One place of a sample. */
    private interface Place {
        int token(Exercise exercise, int place);
    }

    private void write(int microbatch, RankMemory memory, long offset, int padding, Place place) {
        write(share.tokens(), memory, offset, sample -> {
            if (sample >= share.filled(microbatch)) {
                return i -> padding;
            }
            Exercise exercise = exercise(microbatch, sample);
            return i -> place.token(exercise, i);
        });
    }

    private void source(int microbatch, RankMemory memory, long offset) {
        int rows = hiding.exercise(new int[hiding.window()], random, 0).source().length;
        write(rows, memory, offset, sample -> {
            if (sample >= share.filled(microbatch)) {
                return i -> NO_TOKEN;
            }
            int[] source = exercise(microbatch, sample).source();
            return i -> source[i];
        });
    }

    /** What a sample has at each of its places. */
    private interface Sample {
        IntUnaryOperator tokens(int sample);
    }

    private void write(int rows, RankMemory memory, long offset, Sample samples) {
        int count = share.microbatch();
        memory.edit(offset, 4L * rows * count, target -> {
            for (int s = 0; s < count; s++) {
                IntUnaryOperator tokens = samples.tokens(s);
                for (int i = 0; i < rows; i++) {
                    target.set(ValueLayout.JAVA_INT, 4 * ((long) i * count + s), tokens.applyAsInt(i));
                }
            }
        });
    }
}
