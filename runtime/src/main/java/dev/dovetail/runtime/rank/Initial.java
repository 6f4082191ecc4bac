package dev.dovetail.runtime.rank;

/** The value of a global tensor before the first step; depends on nothing but seed, name and global index. */
public sealed interface Initial {
    /** Every element is {@code value}. */
    record Constant(double value) implements Initial {}

    /** Normal with mean 0. */
    record Normal(double standardDeviation) implements Initial {}

    /** Uniform in [-bound, bound). */
    record Uniform(double bound) implements Initial {}

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
