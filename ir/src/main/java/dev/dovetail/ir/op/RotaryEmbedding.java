package dev.dovetail.ir.op;

import java.util.Optional;

/**
 * Frequencies of rotary position embedding (Su et al. 2021, arXiv:2104.09864), halves rotated against each other as in
 * GPT-NeoX and Llama.
 *
 * @param theta base of the geometric series of frequencies
 * @param rotated how many leading elements of each head turn (even); the rest pass through
 * @param stretch long-context scaling of the low frequencies, as in Llama 3.1
 */
public record RotaryEmbedding(double theta, int rotated, Optional<Stretch> stretch) {

    /** Llama 3.1's scaling: wavelengths beyond the original context are divided by {@code factor}, blending between. */
    public record Stretch(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext) {}

    public RotaryEmbedding {
        if (rotated < 2 || rotated % 2 != 0) {
            throw new IllegalArgumentException("rotary embedding turns an even number of elements, got " + rotated);
        }
    }

    /** Radians per position of pair {@code pair} (0 to rotated / 2). */
    public double frequency(int pair) {
        double frequency = Math.pow(theta, -2.0 * pair / rotated);
        return stretch.map(s -> stretched(frequency, s)).orElse(frequency);
    }

    private static double stretched(double frequency, Stretch s) {
        double turns = s.originalContext() * frequency / (2 * Math.PI);
        double blend = (turns - s.lowFrequencyFactor()) / (s.highFrequencyFactor() - s.lowFrequencyFactor());
        double keep = Math.clamp(blend, 0, 1);
        return keep * frequency + (1 - keep) * frequency / s.factor();
    }
}
