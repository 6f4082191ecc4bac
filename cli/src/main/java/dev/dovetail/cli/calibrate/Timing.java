package dev.dovetail.cli.calibrate;

/**
 * How long something took.
 *
 * @param seconds of the processor, of the thread that did it
 * @param othersShare share of the time that passed meanwhile in which the thread did not run, 0 to 1
 */
public record Timing(double seconds, double othersShare) {
    /** Ticks of the system and its interrupts stay well below. */
    private static final double DISTURBED = 0.1;

    boolean disturbed() {
        return othersShare > DISTURBED;
    }

    /** The less disturbed of two: the faster one would favour luck. */
    Timing quieter(Timing other) {
        return other.othersShare < othersShare ? other : this;
    }
}
