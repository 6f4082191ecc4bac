package dev.dovetail.cli.validate.kind;

import java.util.Arrays;

/** The middle of numbers. */
final class Medians {
    private Medians() {}

    /** The mean of the two in the middle where there is no middle one. */
    static double of(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
