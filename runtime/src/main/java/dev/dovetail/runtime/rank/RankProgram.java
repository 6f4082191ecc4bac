package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.FarMemory;
import java.util.List;

/** What one rank does, as the job generator writes it: one object per rank, used by that rank's thread alone. */
public interface RankProgram {
    /** Size of the arena this rank needs: the solved peak of its plan. */
    long arenaBytes();

    /** What this rank needs beside its arena. */
    default FarMemory far() {
        return FarMemory.NONE;
    }

    /**
     * What outlives a step and belongs into a checkpoint: weights and optimizer moments, each as a part of a global
     * tensor. The runtime fills them before {@link #initialize} (from the seed, or from a checkpoint).
     */
    List<StateShard> state();

    /** Prepares what is neither in {@link #state} nor made anew each step; called once, after the state is filled. */
    default void initialize(RankContext context) {}

    /** One training step: forward and backward over all micro-batches, reduction, update. */
    void step(RankContext context, StepInputs inputs);

    /** The forward half alone, for held-out text: records the loss, changes no state. */
    void evaluate(RankContext context, StepInputs inputs);

    /** Makes the program of the rank at a position; called in the process where that rank will run, and for lookups. */
    @FunctionalInterface
    interface Factory {
        RankProgram create(dev.dovetail.runtime.mesh.Position position);
    }
}
