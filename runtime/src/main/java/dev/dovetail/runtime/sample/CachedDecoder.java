package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.rank.RankContext;
import java.util.Arrays;

/** Feeds a generated decoding step: keeps the place in the text, cuts a long prompt into calls of the size it takes. */
public final class CachedDecoder implements Decoder {
    /** One call: reads fresh tokens after {@code inputs.start()} cached ones, and extends the cache by them. */
    @FunctionalInterface
    public interface Step {
        void run(RankContext context, DecodeInputs inputs);
    }

    private final RankContext context;
    private final int vocabulary;
    private final int contextLimit;
    private final int mostFresh;
    private final Step step;
    private int read;

    /**
     * @param contextLimit positions that the cache holds
     * @param mostFresh tokens that one call takes
     */
    public CachedDecoder(RankContext context, int vocabulary, int contextLimit, int mostFresh, Step step) {
        this.context = context;
        this.vocabulary = vocabulary;
        this.contextLimit = contextLimit;
        this.mostFresh = mostFresh;
        this.step = step;
    }

    @Override
    public int vocabulary() {
        return vocabulary;
    }

    @Override
    public int contextLimit() {
        return contextLimit;
    }

    @Override
    public void reset() {
        read = 0;
    }

    @Override
    public void read(int[] tokens, double[] logits) {
        if (tokens.length == 0 || read + tokens.length > contextLimit) {
            throw new IllegalArgumentException(
                    tokens.length + " tokens after " + read + " in a cache of " + contextLimit);
        }
        for (int from = 0; from < tokens.length; from += mostFresh) {
            int to = Math.min(tokens.length, from + mostFresh);
            step.run(context, new DecodeInputs(read, Arrays.copyOfRange(tokens, from, to), logits));
            read += to - from;
        }
    }

    /**
     * What an encoder makes of each token of a text, which it reads in one call.
     *
     * @param tokens at least one, and no more than a call takes
     */
    public double[][] rows(int[] tokens) {
        if (tokens.length == 0 || tokens.length > mostFresh) {
            throw new IllegalArgumentException(tokens.length + " tokens in a call of 1 to " + mostFresh);
        }
        double[] all = new double[tokens.length * vocabulary];
        step.run(context, new DecodeInputs(0, tokens, all, tokens.length));
        double[][] rows = new double[tokens.length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(all, i * vocabulary, (i + 1) * vocabulary);
        }
        return rows;
    }
}
