package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;

/**
 * What one step is given: its number, its learning rate and its batch.
 *
 * @param step 0-based; optimizers that correct their bias use {@code step + 1}
 * @param learningRate of the update that ends this step
 * @param lossScale what the gradient of the token-summed loss is multiplied by: 1 / tokens in the whole global batch
 * @param microbatches how many micro-batches this rank's data coordinate has
 * @param batch what is trained on
 */
public record StepInputs(long step, double learningRate, double lossScale, int microbatches, Batch batch) {
    /** One data coordinate's share of the global batch. */
    public interface Batch {
        /** Writes {@code given} of {@code microbatch} at {@code offset}, row-major, as elements of {@code type}. */
        void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset);

        /**
         * The same, beginning {@code ahead} tokens further: what is predicted behind the next token. Where the text has ended,
         * nothing counts.
         */
        default void loadAhead(
                Given given, int ahead, int microbatch, ElementType type, RankMemory memory, long offset) {
            if (ahead > 0) {
                throw new IllegalArgumentException("nothing is predicted " + ahead + " places behind the next here");
            }
            load(given, microbatch, type, memory, offset);
        }

        /** Tokens (or patches) of {@code microbatch} whose loss counts. */
        long countedTokens(int microbatch);
    }

    /** Writes {@code given} of {@code microbatch} into the arena, row-major, as elements of {@code type}. */
    public void load(Given given, int microbatch, ElementType type, RankContext context, long offset) {
        batch.load(given, microbatch, type, context.memory(), offset);
    }

    /** The same, beginning {@code ahead} tokens further. */
    public void loadAhead(Given given, int ahead, int microbatch, ElementType type, RankContext context, long offset) {
        batch.loadAhead(given, ahead, microbatch, type, context.memory(), offset);
    }

    /** Tokens (or patches) of {@code microbatch} whose loss counts. */
    public long countedTokens(int microbatch) {
        return batch.countedTokens(microbatch);
    }
}
