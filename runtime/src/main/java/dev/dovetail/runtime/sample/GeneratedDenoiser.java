package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.NoisedBatch;
import dev.dovetail.runtime.rank.RankContext;

/** Feeds a generated forward pass. */
public record GeneratedDenoiser(RankContext context, int pictures, Step step) implements Denoiser {
    /** One call: reads noised pictures and delivers what is predicted of them. */
    @FunctionalInterface
    public interface Step {
        void run(RankContext context, DenoiseInputs inputs);
    }

    @Override
    public void predict(NoisedBatch batch, double[][] predicted) {
        step.run(context, new DenoiseInputs(batch, predicted));
    }
}
