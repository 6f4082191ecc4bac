package dev.dovetail.runtime.data;

import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One data coordinate's share of a global batch of windows; in memory the sequence is the outer dim. Where the share is no
 * whole number of micro-batches, padding fills the last ones: token 0, and targets that do not count.
 *
 * @param windows of the whole step
 * @param first index in the global batch of this share's first sequence
 * @param share sequences of this data coordinate
 * @param sequences in one micro-batch
 * @param firstToken of each window that this rank has
 * @param tokens of each window that this rank has
 */
public record WindowBatch(Windows windows, long first, int share, int sequences, long firstToken, int tokens)
        implements StepInputs.Batch {
    private static final int NO_TOKEN = 0;
    private static final int NOT_COUNTED = -1;

    /** Whole windows. */
    public WindowBatch(Windows windows, long first, int share, int sequences) {
        this(windows, first, share, sequences, 0, windows.sequence());
    }

    /** The same windows, of each {@code count} tokens from {@code from} on. */
    public WindowBatch stretch(long from, int count) {
        return new WindowBatch(windows, first, share, sequences, from, count);
    }

    @Override
    public void loadTokens(int microbatch, RankMemory memory, long offset) {
        memory.edit(offset, bytes(), target -> load(microbatch, 0, NO_TOKEN, target));
    }

    @Override
    public void loadTargets(int microbatch, RankMemory memory, long offset) {
        memory.edit(offset, bytes(), target -> load(microbatch, 1, NOT_COUNTED, target));
    }

    @Override
    public long countedTokens(int microbatch) {
        return (long) filled(microbatch) * tokens;
    }

    /** Sequences of {@code microbatch} that are no padding. */
    private int filled(int microbatch) {
        return Math.clamp(share - (long) microbatch * sequences, 0, sequences);
    }

    private long bytes() {
        return 4L * tokens * sequences;
    }

    private void load(int microbatch, int shift, int padding, MemorySegment target) {
        byte[] text = windows.text();
        int filled = filled(microbatch);
        for (int s = 0; s < sequences; s++) {
            boolean real = s < filled;
            int start =
                    real ? (int) windows.starts().applyAsLong(first + (long) microbatch * sequences + s) + shift : 0;
            for (int i = 0; i < tokens; i++) {
                long element = (long) i * sequences + s;
                target.set(
                        ValueLayout.JAVA_INT, 4L * element, real ? text[(int) firstToken + start + i] & 0xFF : padding);
            }
        }
    }
}
