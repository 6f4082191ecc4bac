package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.data.ShownBatch;
import dev.dovetail.runtime.data.Telling;
import dev.dovetail.runtime.rank.RankContext;
import java.nio.charset.StandardCharsets;

/**
 * Feeds a generated forward pass with pictures; what it says is taken letter by letter, each time the likeliest.
 *
 * @param pictures of one call
 * @param places of the text, the picture's rows among them
 * @param scored of how many tokens or classes scores are
 */
public record PictureReader(RankContext context, int pictures, int places, int scored, Step step) {
    /** One call: reads pictures, and what has been said of them, and delivers scores. */
    @FunctionalInterface
    public interface Step {
        void run(RankContext context, ReadInputs inputs);
    }

    /** What the model says of some pictures, from number {@code first} on, at most as many as one call takes. */
    String[] read(Pictures all, PictureShape shape, Telling telling, int first) {
        int shown = Math.min(pictures, all.count() - first);
        var share = new BatchShare(pictures, places, 0, shown, pictures);
        var batch = new ShownBatch(all, shape, telling, share, index -> first + (int) index);
        return telling.inWords() ? words(batch, telling, shown) : classes(batch, shown);
    }

    private String[] classes(ShownBatch batch, int shown) {
        double[] scores = new double[pictures * scored];
        step.run(context, new ReadInputs(batch, new int[0], scores));
        String[] said = new String[shown];
        for (int i = 0; i < shown; i++) {
            said[i] = Integer.toString(likeliest(scores, i));
        }
        return said;
    }

    private String[] words(ShownBatch batch, Telling telling, int shown) {
        int[] tokens = new int[places * pictures];
        double[] scores = new double[places * pictures * scored];
        byte[][] said = new byte[shown][places - telling.rows() + 1];
        for (int letter = 0; letter < said[0].length; letter++) {
            step.run(context, new ReadInputs(batch, tokens, scores));
            int place = telling.rows() - 1 + letter;
            for (int i = 0; i < shown; i++) {
                said[i][letter] = (byte) likeliest(scores, place * pictures + i);
                if (place + 1 < places) {
                    tokens[(place + 1) * pictures + i] = said[i][letter];
                }
            }
        }
        String[] words = new String[shown];
        for (int i = 0; i < shown; i++) {
            words[i] = new String(said[i], StandardCharsets.US_ASCII)
                    .lines()
                    .findFirst()
                    .orElse("");
        }
        return words;
    }

    private int likeliest(double[] scores, int row) {
        int best = 0;
        for (int i = 1; i < scored; i++) {
            best = scores[row * scored + i] > scores[row * scored + best] ? i : best;
        }
        return best;
    }
}
