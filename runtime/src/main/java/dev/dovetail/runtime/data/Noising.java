package dev.dovetail.runtime.data;

/** How pictures become noise as time goes from 0 to 1, and what a model learns of the way. */
public enum Noising {
    /** In a thousand steps that forget ever faster; the noise is learnt (Ho et al. 2020, arXiv:2006.11239). */
    NOISE {
        @Override
        public double told(double time) {
            return Math.min(STEPS - 1, Math.floor(time * STEPS));
        }

        @Override
        public double picture(double time) {
            return Math.sqrt(KEPT[(int) told(time)]);
        }

        @Override
        public double noise(double time) {
            return Math.sqrt(1 - KEPT[(int) told(time)]);
        }

        @Override
        public double target(double picture, double noise) {
            return noise;
        }

        /** No more than a picture can have: one that is half noise would be led astray otherwise. */
        @Override
        public double pictureIn(double noised, double predicted, double time) {
            return Math.clamp((noised - noise(time) * predicted) / picture(time), -1, 1);
        }
    },
    /** On a straight line; its direction is learnt (rectified flow, Liu et al. 2022, arXiv:2209.03003). */
    FLOW {
        @Override
        public double told(double time) {
            return time * STEPS;
        }

        @Override
        public double picture(double time) {
            return 1 - time;
        }

        @Override
        public double noise(double time) {
            return time;
        }

        @Override
        public double target(double picture, double noise) {
            return noise - picture;
        }

        @Override
        public double pictureIn(double noised, double predicted, double time) {
            return noised - time * predicted;
        }
    };

    public static final int STEPS = 1000;

    /** Variance added in the first step and in the last; linear between them, as Ho et al. have it. */
    private static final double FIRST_VARIANCE = 1e-4;

    private static final double LAST_VARIANCE = 0.02;

    /** The share of a picture's variance that is left after each step. */
    private static final double[] KEPT = kept();

    private static double[] kept() {
        double[] kept = new double[STEPS];
        double left = 1;
        for (int step = 0; step < STEPS; step++) {
            left *= 1 - (FIRST_VARIANCE + (LAST_VARIANCE - FIRST_VARIANCE) * step / (STEPS - 1));
            kept[step] = left;
        }
        return kept;
    }

    /** The time as a model is told it, in steps. */
    public abstract double told(double time);

    /** What a picture at {@code time} has of the picture. */
    public abstract double picture(double time);

    /** What it has of the noise. */
    public abstract double noise(double time);

    /** What is learnt of an element. */
    public abstract double target(double picture, double noise);

    /** An element of the picture, by what is predicted of it at {@code time}. */
    public abstract double pictureIn(double noised, double predicted, double time);

    /**
     * An element at an earlier time, without chance: what is left of the predicted noise is added to the predicted picture. Where
     * noise is learnt that is DDIM (Song et al. 2021, arXiv:2010.02502), where flow is, Euler's method.
     */
    public double earlier(double noised, double predicted, double time, double earlier) {
        double clean = pictureIn(noised, predicted, time);
        double noise = (noised - picture(time) * clean) / noise(time);
        return earlier == 0 ? clean : picture(earlier) * clean + noise(earlier) * noise;
    }
}
