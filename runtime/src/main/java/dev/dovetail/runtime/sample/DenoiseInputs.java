package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.NoisedBatch;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.RankContext;
import java.lang.foreign.MemorySegment;

/**
 * What one call of a diffusion model is given, and where it leaves its answer.
 *
 * @param predicted receives a number for each element of each picture
 */
public record DenoiseInputs(NoisedBatch batch, double[][] predicted) {
    /** Writes {@code given} into the arena, as elements of {@code type}. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        batch.load(given, microbatch, type, context.memory(), offset);
    }

    /** Takes what is predicted from [patches, pictures, elements of a patch] at {@code offset}. */
    public void deliver(RankContext context, ElementType type, long offset) {
        PictureShape shape = batch.shape();
        int pictures = batch.share().microbatch();
        int elements = shape.patchElements();
        long count = (long) shape.patches() * pictures * elements;
        MemorySegment answer = context.memory().view(offset, count * type.bytes());
        for (int i = 0; i < predicted.length; i++) {
            for (int patch = 0; patch < shape.patches(); patch++) {
                for (int e = 0; e < elements; e++) {
                    predicted[i][shape.element(patch, e)] =
                            type.number(answer, ((long) patch * pictures + i) * elements + e);
                }
            }
        }
    }
}
