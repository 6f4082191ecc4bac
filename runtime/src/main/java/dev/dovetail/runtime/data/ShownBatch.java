package dev.dovetail.runtime.data;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.function.LongToIntFunction;

/**
 * A rank's share of a global batch of pictures and what is to be said of them. Padding is grey, and nothing is to be said of it.
 *
 * @param samples the number of the picture, by index in the global batch
 */
public record ShownBatch(
        Pictures pictures, PictureShape shape, Telling telling, BatchShare share, LongToIntFunction samples)
        implements StepInputs.Batch {
    private static final int NOT_COUNTED = -1;
    private static final int NO_TOKEN = 0;

    @Override
    public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
        switch (given) {
            case SIGNAL -> signal(microbatch, type, memory, offset);
            case TOKENS -> text(microbatch, type, memory, offset, -1, NO_TOKEN);
            case TARGETS -> {
                if (telling.inWords()) {
                    text(microbatch, type, memory, offset, 0, NOT_COUNTED);
                } else {
                    labels(microbatch, type, memory, offset);
                }
            }
            case SOURCE_TOKENS, TOKEN_TYPES, LATENTS, NOISE, TIMES, LABELS ->
                throw new IllegalArgumentException("pictures that are shown have no " + given);
        }
    }

    @Override
    public long countedTokens(int microbatch) {
        int shown = share.filled(microbatch);
        if (!telling.inWords()) {
            return shown;
        }
        long letters = 0;
        for (int i = 0; i < shown; i++) {
            letters += Math.min(Telling.name(label(microbatch, i)).length, share.tokens() - telling.rows() + 1);
        }
        return letters;
    }

    private int label(int microbatch, int place) {
        return pictures.classes()[samples.applyAsInt(share.sample(microbatch, place))];
    }

    /** [rows, pictures, elements of a patch], rows that hold no patch first. */
    private void signal(int microbatch, ElementType type, RankMemory memory, long offset) {
        int shown = share.microbatch();
        int elements = shape.patchElements();
        int rows = telling.idle() + shape.patches();
        memory.edit(offset, (long) rows * shown * elements * type.bytes(), target -> {
            target.fill((byte) 0);
            for (int i = 0; i < share.filled(microbatch); i++) {
                int picture = samples.applyAsInt(share.sample(microbatch, i));
                for (int patch = 0; patch < shape.patches(); patch++) {
                    for (int e = 0; e < elements; e++) {
                        long at = ((long) (telling.idle() + patch) * shown + i) * elements + e;
                        type.put(target, at, pictures.value(picture, shape.element(patch, e)));
                    }
                }
            }
        });
    }

    /** @param ahead 0 for the letter that follows each place, -1 for the one that stands there */
    private void text(int microbatch, ElementType type, RankMemory memory, long offset, int ahead, int nothing) {
        int shown = share.microbatch();
        memory.edit(offset, (long) share.tokens() * shown * type.bytes(), target -> {
            for (int i = 0; i < shown; i++) {
                boolean real = i < share.filled(microbatch);
                int label = real ? label(microbatch, i) : 0;
                for (int place = 0; place < share.tokens(); place++) {
                    // The last of the picture's rows is followed by the first letter.
                    int letter = place - telling.rows() + 1 + ahead;
                    boolean counts = real && letter >= 0 && (ahead < 0 || letter < Telling.name(label).length);
                    type.put(target, (long) place * shown + i, counts ? Telling.letter(label, letter) : nothing);
                }
            }
        });
    }

    private void labels(int microbatch, ElementType type, RankMemory memory, long offset) {
        int shown = share.microbatch();
        memory.edit(offset, (long) shown * type.bytes(), target -> {
            for (int i = 0; i < shown; i++) {
                type.put(target, i, i < share.filled(microbatch) ? label(microbatch, i) : NOT_COUNTED);
            }
        });
    }
}
