package dev.dovetail.runtime.rank;

/** The value of a global tensor before the first step; depends on nothing but seed, name and global index. */
public sealed interface Initial {
    /** Every element is {@code value}. */
    record Constant(double value) implements Initial {}

    /** Normal with mean 0. */
    record Normal(double standardDeviation) implements Initial {}

    /** Uniform in [-bound, bound). */
    record Uniform(double bound) implements Initial {}

    /**
     * Row p of a table tells where place p of a grid is: sines, then cosines, of its column, then those of its row (He et al. 2021,
     * arXiv:2111.06377).
     */
    record Grid(int columns) implements Initial {
        private static final double LONGEST = 10_000;

        /** Element {@code element} of {@code width}, a multiple of four, of the row of {@code place}. */
        double wave(long place, int element, int width) {
            int half = width / 2;
            long coordinate = element < half ? place % columns : place / columns;
            int within = element % half;
            int waves = half / 2;
            double angle = coordinate * StrictMath.pow(LONGEST, -(double) (within % waves) / waves);
            return within < waves ? StrictMath.sin(angle) : StrictMath.cos(angle);
        }
    }

    static Initial zeros() {
        return new Constant(0);
    }

    static Initial ones() {
        return new Constant(1);
    }

    static Initial normal(double standardDeviation) {
        return new Normal(standardDeviation);
    }
}
