package dev.dovetail.cli.calibrate;

import java.util.List;

/** The middle of a list of figures: one that was disturbed does not move it. */
final class Medians {
    private Medians() {}

    /** Of an even number, the larger of the middle two. */
    static double of(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }
}
