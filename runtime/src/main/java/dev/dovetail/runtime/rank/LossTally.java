package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Position;

/**
 * Adds up the loss of a step: a sum over tokens, divided once by the global count when all ranks have reported.
 *
 * <p>Ranks along the tensor axis hold the same loss, so only the first of them is counted: programs may record on all.
 */
public final class LossTally {
    private final boolean counts;
    private double sum;
    private long tokens;

    public LossTally(Position position) {
        counts = position.coordinate(Axis.TENSOR) == 0;
    }

    /**
     * Adds one micro-batch.
     *
     * @param sum the sum, not the mean, of cross-entropies in nats over this rank's tokens
     * @param tokens how many tokens that were
     */
    public void record(double sum, long tokens) {
        if (counts) {
            this.sum += sum;
            this.tokens += tokens;
        }
    }

    public double sum() {
        return sum;
    }

    public long tokens() {
        return tokens;
    }

    /** Starts a new step. */
    public void clear() {
        sum = 0;
        tokens = 0;
    }
}
