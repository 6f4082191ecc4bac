package dev.dovetail.runtime.rank;

/** Which of the values kept per parameter a buffer holds. */
public enum StateKind {
    WEIGHT,
    /** Adam's running mean of gradients. */
    FIRST_MOMENT,
    /** Adam's running mean of squared gradients. */
    SECOND_MOMENT,
    /** The optimizer's own exact weights, where the model computes with narrower ones. */
    MASTER
}
