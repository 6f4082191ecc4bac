package dev.dovetail.runtime.data;

import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One data coordinate's share of a global batch of windows; in memory the sequence is the outer dim.
 *
 * @param windows of the whole step
 * @param first index in the global batch of this share's first sequence
 * @param sequences in one micro-batch
 */
public record WindowBatch(Windows windows, long first, int sequences) implements StepInputs.Batch {
    @Override
    public void loadTokens(int microbatch, MemorySegment memory, long offset) {
        load(microbatch, 0, memory, offset);
    }

    @Override
    public void loadTargets(int microbatch, MemorySegment memory, long offset) {
        load(microbatch, 1, memory, offset);
    }

    @Override
    public long countedTokens(int microbatch) {
        return (long) sequences * windows.sequence();
    }

    private void load(int microbatch, int shift, MemorySegment memory, long offset) {
        byte[] text = windows.text();
        int length = windows.sequence();
        for (int s = 0; s < sequences; s++) {
            int start = (int) windows.starts().applyAsLong(first + (long) microbatch * sequences + s) + shift;
            for (int i = 0; i < length; i++) {
                long element = (long) i * sequences + s;
                memory.set(ValueLayout.JAVA_INT, offset + 4L * element, text[start + i] & 0xFF);
            }
        }
    }
}
