package dev.dovetail.runtime.rank;

/** Faults that tests put into the runtime on purpose, to see that the suite notices them. */
public enum PlantedBug {
    /** The loss is a mean of each replica's mean instead of one mean over all tokens. */
    MEAN_OF_MEANS,
    /** The optimizer's moments are zero after a recovery. */
    MOMENTS_LOST,
    /** One tensor's moments are zero after a recovery. */
    MOMENTS_OF_ONE_TENSOR_LOST,
    /** The first batch after a recovery is left out. */
    BATCH_SKIPPED,
    /** In one step the last replica's gradient is not added. */
    GRADIENT_DROPPED
}
