package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.ByteCountModel;

/** Writes by counts of bytes instead of a model: what a trained model's text must beat. */
final class CountingDecoder implements Decoder {
    private static final int BYTES = 256;
    /** Enough to keep restarts rare; only the last two tokens matter. */
    private static final int CONTEXT = 1024;

    private final ByteCountModel counts;
    private int context;
    private int read;

    CountingDecoder(ByteCountModel counts) {
        this.counts = counts;
    }

    @Override
    public void reset() {
        context = 0;
        read = 0;
    }

    @Override
    public void read(int[] tokens, double[] logits) {
        for (int token : tokens) {
            context = (context << 8 | token) & 0xFFFF;
            read++;
        }
        for (int next = 0; next < BYTES; next++) {
            logits[next] = Math.log(counts.probability(context, read, next));
        }
    }

    @Override
    public int vocabulary() {
        return BYTES;
    }

    @Override
    public int contextLimit() {
        return CONTEXT;
    }
}
