package dev.dovetail.runtime.rank;

/** What a rank was doing: the rows of its measured timeline. */
public enum Activity {
    INPUT,
    FORWARD,
    RECOMPUTE,
    BACKWARD,
    WEIGHT_GRADIENTS,
    SEND,
    RECEIVE,
    COLLECTIVE,
    OPTIMIZER
}
