package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.random.RandomStream;
import java.util.Arrays;

/** How the next token is picked from its scores; the same seed picks the same text. */
public sealed interface Choice {
    /** The token for place {@code index} of the continuation. */
    int pick(double[] logits, long index);

    /** Always the likeliest; among equals the first. */
    record Greedy() implements Choice {
        @Override
        public int pick(double[] logits, long index) {
            int best = 0;
            for (int i = 1; i < logits.length; i++) {
                best = logits[i] > logits[best] ? i : best;
            }
            return best;
        }
    }

    /**
     * At random, by softmax(logits / temperature) over the likeliest {@code topK}.
     *
     * @param topK how many tokens may be picked; all if it is at least the vocabulary
     */
    record Weighted(double temperature, int topK, long seed) implements Choice {
        public Weighted {
            if (!(temperature > 0) || topK < 1) {
                throw new IllegalArgumentException("temperature " + temperature + ", top " + topK);
            }
        }

        @Override
        public int pick(double[] logits, long index) {
            double least = threshold(logits);
            double most = Arrays.stream(logits).max().orElseThrow();
            double[] weights = new double[logits.length];
            double total = 0;
            for (int i = 0; i < logits.length; i++) {
                weights[i] = logits[i] >= least ? Math.exp((logits[i] - most) / temperature) : 0;
                total += weights[i];
            }
            double left = new RandomStream(seed, "sample").uniform(index) * total;
            int last = 0;
            for (int i = 0; i < weights.length; i++) {
                if (weights[i] > 0) {
                    last = i;
                    left -= weights[i];
                    if (left < 0) {
                        return i;
                    }
                }
            }
            return last;
        }

        private double threshold(double[] logits) {
            if (topK >= logits.length) {
                return Double.NEGATIVE_INFINITY;
            }
            double[] sorted = logits.clone();
            Arrays.sort(sorted);
            return sorted[sorted.length - topK];
        }
    }
}
