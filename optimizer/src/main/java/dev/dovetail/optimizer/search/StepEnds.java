package dev.dovetail.optimizer.search;

/**
 * Seconds at a step's start and end.
 *
 * @param tied adding up the gradients of a table that the first and the last stage share; 0 where they do not
 * @param zero setting so many bytes of gradients to zero
 */
record StepEnds(double tied, Zeroing zero) {

    /** Seconds to set so many bytes to zero on the devices of a stage. */
    @FunctionalInterface
    interface Zeroing {
        double seconds(int stage, long bytes);
    }

    /** Not decided yet: bounds leave it out. */
    static final StepEnds NONE = new StepEnds(0, (stage, bytes) -> 0);
}
