package dev.dovetail.runtime.data;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A rank's share of a global batch of windows; in memory the sequence is the outer dim. Padding is token 0, with targets that do
 * not count.
 *
 * @param windows of the whole step
 */
public record WindowBatch(Windows windows, BatchShare share) implements StepInputs.Batch {
    private static final int NO_TOKEN = 0;
    static final int NOT_COUNTED = -1;

    @Override
    public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
        loadAhead(given, 0, microbatch, type, memory, offset);
    }

    @Override
    public void loadAhead(Given given, int ahead, int microbatch, ElementType type, RankMemory memory, long offset) {
        long bytes = 4L * share.tokens() * share.microbatch();
        switch (given) {
            case TOKENS -> memory.edit(offset, bytes, target -> load(microbatch, ahead, NO_TOKEN, target));
            case TARGETS -> memory.edit(offset, bytes, target -> load(microbatch, ahead + 1, NOT_COUNTED, target));
            case SOURCE_TOKENS, TOKEN_TYPES, SIGNAL, LATENTS, NOISE, TIMES, LABELS, TEXTS, POOLED_TEXTS, GUIDANCE ->
                throw new IllegalArgumentException("text has no " + given);
        }
    }

    @Override
    public long countedTokens(int microbatch) {
        return share.counted(microbatch);
    }

    private void load(int microbatch, int shift, int padding, MemorySegment target) {
        byte[] text = windows.text();
        int filled = share.filled(microbatch);
        int sequences = share.microbatch();
        for (int s = 0; s < sequences; s++) {
            long start = s < filled ? windows.starts().applyAsLong(share.sample(microbatch, s)) + shift : text.length;
            for (int i = 0; i < share.tokens(); i++) {
                long element = (long) i * sequences + s;
                long place = start + share.positions().at(i);
                boolean real = place < text.length;
                target.set(ValueLayout.JAVA_INT, 4L * element, real ? text[(int) place] & 0xFF : padding);
            }
        }
    }
}
