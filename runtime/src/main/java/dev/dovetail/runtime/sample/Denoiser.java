package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.NoisedBatch;

/** A diffusion model: what it was taught to predict of noised pictures. */
public interface Denoiser {
    /** Pictures of one call. */
    int pictures();

    /**
     * @param batch one micro-batch of {@link #pictures} places
     * @param predicted receives, for each picture of the batch, a number for each of its elements
     */
    void predict(NoisedBatch batch, double[][] predicted);
}
