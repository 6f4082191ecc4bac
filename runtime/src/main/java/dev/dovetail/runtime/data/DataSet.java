package dev.dovetail.runtime.data;

import dev.dovetail.runtime.rank.StepInputs;

/**
 * What a job trains on, read: how batches are drawn from it, and how a model does on what is held out. What a batch holds is a
 * function of seed, step and index in the global batch, so that every plan sees the same.
 */
public interface DataSet {
    /** As the spec names it. */
    String label();

    /** Stops a job that cannot train on it: throws {@link DataException}. */
    DataSet require(int sequence);

    /** The same for the same data, on any host. */
    String checksum();

    /** A rank's share of what is trained on in {@code step}. */
    StepInputs.Batch training(BatchShare share, long seed, long step);

    /**
     * A rank's share of one of several batches that are held out.
     *
     * @param number of the batch, from 0
     * @param batches that are judged in all
     */
    StepInputs.Batch heldOut(BatchShare share, long seed, int number, int batches);

    /**
     * How a model does on all batches that are held out, beside what does not learn as it does.
     *
     * @param loss mean over their tokens
     */
    HeldOut judged(double loss, BatchShare whole, int batches);
}
