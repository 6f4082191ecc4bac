package dev.dovetail.runtime.data;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.ToDoubleFunction;

/**
 * A rank's share of a global batch of noised pictures. Padding is grey, of time and class 0, and its target does not count.
 *
 * @param samples by index in the global batch
 */
public record NoisedBatch(PictureShape shape, Noising noising, BatchShare share, LongFunction<NoisedPicture> samples)
        implements StepInputs.Batch {
    private static final int COUNTED = 0;
    private static final int NOT_COUNTED = -1;

    @Override
    public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
        int pictures = share.microbatch();
        switch (given) {
            case LATENTS -> patches(microbatch, type, memory, offset, NoisedPicture::noised);
            case NOISE -> patches(microbatch, type, memory, offset, NoisedPicture::target);
            case TIMES ->
                memory.edit(offset, (long) pictures * shape.frequencies() * type.bytes(), target -> {
                    for (int i = 0; i < pictures; i++) {
                        double told = of(microbatch, i, sample -> noising.told(sample.time()), 0);
                        double[] waves = shape.waves(told);
                        for (int wave = 0; wave < waves.length; wave++) {
                            type.put(target, (long) i * waves.length + wave, waves[wave]);
                        }
                    }
                });
            case LABELS -> numbers(microbatch, type, memory, offset, NoisedPicture::label, 0);
            case TARGETS -> numbers(microbatch, type, memory, offset, sample -> COUNTED, NOT_COUNTED);
            case TOKENS, SOURCE_TOKENS, TOKEN_TYPES, SIGNAL, TEXTS, POOLED_TEXTS, GUIDANCE ->
                throw new IllegalArgumentException("noised pictures have no " + given);
        }
    }

    @Override
    public long countedTokens(int microbatch) {
        return share.counted(microbatch);
    }

    private double of(int microbatch, int place, ToDoubleFunction<NoisedPicture> what, double padding) {
        return place < share.filled(microbatch)
                ? what.applyAsDouble(samples.apply(share.sample(microbatch, place)))
                : padding;
    }

    private void numbers(
            int microbatch,
            ElementType type,
            RankMemory memory,
            long offset,
            ToDoubleFunction<NoisedPicture> what,
            int padding) {
        int pictures = share.microbatch();
        memory.edit(offset, (long) pictures * type.bytes(), target -> {
            for (int i = 0; i < pictures; i++) {
                type.put(target, i, of(microbatch, i, what, padding));
            }
        });
    }

    /** The stretch of the patches that is here: [patches, pictures, elements of a patch]. */
    private void patches(
            int microbatch, ElementType type, RankMemory memory, long offset, Function<NoisedPicture, double[]> what) {
        int pictures = share.microbatch();
        int elements = shape.patchElements();
        double[] grey = new double[shape.elements()];
        memory.edit(offset, (long) share.tokens() * pictures * elements * type.bytes(), target -> {
            for (int i = 0; i < pictures; i++) {
                double[] picture =
                        i < share.filled(microbatch) ? what.apply(samples.apply(share.sample(microbatch, i))) : grey;
                for (int patch = 0; patch < share.tokens(); patch++) {
                    for (int e = 0; e < elements; e++) {
                        int from = shape.element((int) share.positions().at(patch), e);
                        type.put(target, ((long) patch * pictures + i) * elements + e, picture[from]);
                    }
                }
            }
        });
    }
}
