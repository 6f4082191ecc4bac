package dev.dovetail.ir.op;

import java.util.List;
import java.util.Optional;

/**
 * Frequencies of rotary position embedding (Su et al. 2021, arXiv:2104.09864), halves rotated against each other as in
 * GPT-NeoX and Llama. Neighbours that turn against each other (GPT-J, Cohere) are the same model with the columns of its
 * projections in another order.
 *
 * @param theta base of the geometric series of frequencies
 * @param rotated how many leading elements of each head turn (even); the rest pass through
 * @param scaling how frequencies change for contexts longer than those of training
 * @param magnitude factor on what turns
 */
public record RotaryEmbedding(double theta, int rotated, Optional<Scaling> scaling, double magnitude) {

    /** A change of frequencies for long contexts. */
    public sealed interface Scaling {
        /** Radians per position of pair {@code pair}, whose frequency was {@code frequency}. */
        double scaled(double frequency, int pair, RotaryEmbedding embedding);
    }

    /** Position interpolation (Chen et al. 2023, arXiv:2306.15595): every frequency is divided. */
    public record Linear(double factor) implements Scaling {
        @Override
        public double scaled(double frequency, int pair, RotaryEmbedding embedding) {
            return frequency / factor;
        }
    }

    /** Llama 3.1's scaling: wavelengths beyond the original context are divided by {@code factor}, blending between. */
    public record Stretch(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext)
            implements Scaling {
        @Override
        public double scaled(double frequency, int pair, RotaryEmbedding embedding) {
            double turns = originalContext * frequency / (2 * Math.PI);
            double keep = Math.clamp((turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor), 0, 1);
            return keep * frequency + (1 - keep) * frequency / factor;
        }
    }

    /**
     * YaRN (Peng et al. 2023, arXiv:2309.00071): pairs that turn more than {@code fastTurns} times in the original context stay,
     * those that turn less than {@code slowTurns} times are divided by {@code factor}, and those between blend by their number.
     *
     * @param whole whether the blend begins and ends at whole pairs, as the first implementation has it (gpt-oss does not)
     */
    public record Yarn(double factor, double slowTurns, double fastTurns, int originalContext, boolean whole)
            implements Scaling {
        @Override
        public double scaled(double frequency, int pair, RotaryEmbedding embedding) {
            double fast = pairTurning(fastTurns, embedding);
            double slow = pairTurning(slowTurns, embedding);
            double from = Math.max(whole ? Math.floor(fast) : fast, 0);
            double to = Math.min(whole ? Math.ceil(slow) : slow, embedding.rotated - 1);
            // A hundredth of a pair keeps the blend finite, as in the first implementation.
            double length = to == from ? 0.001 : to - from;
            double divided = Math.clamp((pair - from) / length, 0, 1);
            return divided * frequency / factor + (1 - divided) * frequency;
        }

        /** The (fractional) pair that turns that often in the original context. */
        private double pairTurning(double turns, RotaryEmbedding embedding) {
            return embedding.rotated
                    * Math.log(originalContext / (turns * 2 * Math.PI))
                    / (2 * Math.log(embedding.theta));
        }
    }

    /** LongRoPE (Ding et al. 2024, arXiv:2402.13753): each pair's frequency has a divisor of its own, found by search. */
    public record Listed(List<Double> divisors) implements Scaling {
        public Listed {
            divisors = List.copyOf(divisors);
        }

        @Override
        public double scaled(double frequency, int pair, RotaryEmbedding embedding) {
            return frequency / divisors.get(pair);
        }
    }

    public RotaryEmbedding {
        if (rotated < 2 || rotated % 2 != 0) {
            throw new IllegalArgumentException("rotary embedding turns an even number of elements, got " + rotated);
        }
    }

    /** Frequencies as trained. */
    public static RotaryEmbedding of(double theta, int rotated) {
        return new RotaryEmbedding(theta, rotated, Optional.empty(), 1);
    }

    /** Frequencies changed for a longer context. */
    public static RotaryEmbedding of(double theta, int rotated, Scaling scaling) {
        return new RotaryEmbedding(theta, rotated, Optional.of(scaling), 1);
    }

    /** Radians per position of pair {@code pair} (0 to rotated / 2). */
    public double frequency(int pair) {
        double frequency = Math.pow(theta, -2.0 * pair / rotated);
        return scaling.map(s -> s.scaled(frequency, pair, this)).orElse(frequency);
    }
}
