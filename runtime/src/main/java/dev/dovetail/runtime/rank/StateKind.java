package dev.dovetail.runtime.rank;

/** Which of the values kept per parameter a buffer holds. */
public enum StateKind {
    WEIGHT,
    /** Adam's running mean of gradients. */
    FIRST_MOMENT,
    /** Adam's running mean of squared gradients. */
    SECOND_MOMENT,
    /** The optimizer's own exact weights, where the model computes with narrower ones. */
    MASTER;

    /** Whether it is a mean that the optimizer begins at zero. */
    boolean isMoment() {
        return this == FIRST_MOMENT || this == SECOND_MOMENT;
    }
}
