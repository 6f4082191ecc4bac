package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StepInputs;
import java.util.Arrays;

/**
 * A generated forward pass over whole samples, with no cache: what is said token by token is read again for each.
 *
 * @param samples of one call
 * @param places of what is read, which what is said stands among
 * @param scored of how many tokens or classes scores are
 */
public record ReadPass(RankContext context, int samples, int places, int scored, Step step) {
    /** One call: reads samples, and what has been said of them, and delivers scores. */
    @FunctionalInterface
    public interface Step {
        void run(RankContext context, ReadInputs inputs);
    }

    /** Scores of one row of each sample: [samples, scored]. */
    double[] rowScores(StepInputs.Batch batch) {
        return scores(batch, new int[0], 1);
    }

    /**
     * Scores of each place: [places, samples, scored].
     *
     * @param tokens what has been said so far, [places, samples]; empty where the batch says it
     */
    double[] scores(StepInputs.Batch batch, int[] tokens) {
        return scores(batch, tokens, places);
    }

    private double[] scores(StepInputs.Batch batch, int[] tokens, int rows) {
        double[] scores = new double[rows * samples * scored];
        step.run(context, new ReadInputs(batch, tokens, scores));
        return scores;
    }

    /** Says the likeliest token at each place from {@code first} on: [samples, places - first]. */
    int[][] said(StepInputs.Batch batch, int first) {
        int[] tokens = new int[places * samples];
        int[][] said = new int[samples][places - first];
        for (int place = first; place < places; place++) {
            double[] scores = scores(batch, tokens);
            for (int i = 0; i < samples; i++) {
                int token = likeliest(scores, place * samples + i);
                said[i][place - first] = token;
                if (place + 1 < places) {
                    tokens[(place + 1) * samples + i] = token;
                }
            }
        }
        return said;
    }

    int likeliest(double[] scores, int row) {
        double[] of = Arrays.copyOfRange(scores, row * scored, (row + 1) * scored);
        int best = 0;
        for (int i = 1; i < scored; i++) {
            best = of[i] > of[best] ? i : best;
        }
        return best;
    }
}
