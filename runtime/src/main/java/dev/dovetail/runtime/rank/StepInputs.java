package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.RankMemory;

/**
 * What one step is given: its number, its learning rate and its tokens.
 *
 * @param step 0-based; optimizers that correct their bias use {@code step + 1}
 * @param learningRate of the update that ends this step
 * @param lossScale what the gradient of the token-summed loss is multiplied by: 1 / tokens in the whole global batch
 * @param microbatches how many micro-batches this rank's data coordinate has
 * @param batch where the tokens come from
 */
public record StepInputs(long step, double learningRate, double lossScale, int microbatches, Batch batch) {
    /** The tokens of one data coordinate's share of the global batch. */
    public interface Batch {
        /** Writes the inputs of {@code microbatch}: int32 [sequence length, sequences], row-major, at {@code offset}. */
        void loadTokens(int microbatch, RankMemory memory, long offset);

        /** Writes the next-token targets in the same shape; a negative target is not to be counted. */
        void loadTargets(int microbatch, RankMemory memory, long offset);

        /** Targets of {@code microbatch} that count. */
        long countedTokens(int microbatch);
    }

    /** Writes the input tokens of {@code microbatch} into the arena: int32 [sequence length, sequences]. */
    public void loadTokens(int microbatch, RankContext context, long offset) {
        batch.loadTokens(microbatch, context.memory(), offset);
    }

    /** Writes the next-token targets of {@code microbatch} into the arena: int32 [sequence length, sequences]. */
    public void loadTargets(int microbatch, RankContext context, long offset) {
        batch.loadTargets(microbatch, context.memory(), offset);
    }

    /** Targets of {@code microbatch} that count towards the loss. */
    public long countedTokens(int microbatch) {
        return batch.countedTokens(microbatch);
    }
}
