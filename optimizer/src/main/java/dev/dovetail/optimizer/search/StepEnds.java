package dev.dovetail.optimizer.search;

import java.util.function.LongToDoubleFunction;

/**
 * Seconds at a step's start and end.
 *
 * @param tied adding up the gradients of a table that the first and the last stage share; 0 where they do not
 * @param zero setting so many bytes of gradients to zero
 */
record StepEnds(double tied, LongToDoubleFunction zero) {
    /** Not decided yet: bounds leave it out. */
    static final StepEnds NONE = new StepEnds(0, bytes -> 0);
}
