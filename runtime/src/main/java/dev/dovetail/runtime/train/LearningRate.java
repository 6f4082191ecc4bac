package dev.dovetail.runtime.train;

/** The learning rate of each step; steps count from 0. */
public sealed interface LearningRate {
    double at(long step);

    /** Rises in a line to {@code peak} over the first {@code warmup} steps and stays. */
    record WarmupThenConstant(double peak, long warmup) implements LearningRate {
        public WarmupThenConstant {
            requireRate(peak, warmup);
        }

        @Override
        public double at(long step) {
            return peak * rise(step, warmup);
        }
    }

    /** Rises in a line to {@code peak}, then follows half a cosine down to {@code floor} at step {@code end}. */
    record WarmupThenCosine(double peak, long warmup, long end, double floor) implements LearningRate {
        public WarmupThenCosine {
            requireRate(peak, warmup);
            if (end <= warmup) {
                throw new IllegalArgumentException("a cosine from step " + warmup + " cannot end at step " + end);
            }
        }

        @Override
        public double at(long step) {
            if (step < warmup) {
                return peak * rise(step, warmup);
            }
            double done = Math.min(1, (step - warmup) / (double) (end - warmup));
            return floor + (peak - floor) * 0.5 * (1 + StrictMath.cos(Math.PI * done));
        }
    }

    /** The first step already learns: step s of w has the share (s + 1) / w. */
    private static double rise(long step, long warmup) {
        return step + 1 >= warmup ? 1 : (step + 1) / (double) warmup;
    }

    private static void requireRate(double peak, long warmup) {
        if (!(peak > 0) || warmup < 0) {
            throw new IllegalArgumentException("learning rate " + peak + " with " + warmup + " steps of warm-up");
        }
    }
}
