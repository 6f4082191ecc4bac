package dev.dovetail.runtime.data;

import dev.dovetail.runtime.mesh.Stretches;

/**
 * Which part of every global batch a rank has: some of its samples, and of each a stretch of its positions. Where the samples
 * are no whole number of micro-batches, padding fills the last ones.
 *
 * @param batch samples in the global batch
 * @param sequence positions of a sample
 * @param first index in the global batch of the first sample here
 * @param samples here
 * @param microbatch samples in a micro-batch
 * @param positions of each sample that this rank has
 */
public record BatchShare(int batch, int sequence, long first, int samples, int microbatch, Stretches positions) {

    /** Whole samples. */
    public BatchShare(int batch, int sequence, long first, int samples, int microbatch) {
        this(batch, sequence, first, samples, microbatch, Stretches.from(0, sequence));
    }

    /** The whole global batch in one micro-batch. */
    public static BatchShare whole(int batch, int sequence) {
        return new BatchShare(batch, sequence, 0, batch, batch);
    }

    /** Positions of each sample here. */
    public int tokens() {
        return positions.count();
    }

    /** Samples of micro-batch {@code number} that are no padding; they stand before it. */
    public int filled(int number) {
        return Math.clamp(samples - (long) number * microbatch, 0, microbatch);
    }

    /** Index in the global batch of sample {@code place} of micro-batch {@code number}. */
    public long sample(int number, int place) {
        return first + (long) number * microbatch + place;
    }

    /** Positions of micro-batch {@code number} that count. */
    public long counted(int number) {
        return (long) filled(number) * tokens();
    }
}
