package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.data.ShownBatch;
import dev.dovetail.runtime.data.Telling;
import java.nio.charset.StandardCharsets;

/** Shows pictures to a model; what it says is taken letter by letter, each time the likeliest. */
record PictureReader(ReadPass pass) {

    /** What the model says of some pictures, from number {@code first} on, at most as many as one call takes. */
    String[] read(Pictures all, PictureShape shape, Telling telling, int first) {
        int shown = Math.min(pass.samples(), all.count() - first);
        var share = new BatchShare(pass.samples(), pass.places(), 0, shown, pass.samples());
        var batch = new ShownBatch(all, shape, telling, share, index -> first + (int) index);
        return telling.inWords() ? words(batch, telling, shown) : classes(batch, shown);
    }

    private String[] classes(ShownBatch batch, int shown) {
        double[] scores = pass.rowScores(batch);
        String[] said = new String[shown];
        for (int i = 0; i < shown; i++) {
            said[i] = Integer.toString(pass.likeliest(scores, i));
        }
        return said;
    }

    /** The last of the picture's rows is followed by the first letter. */
    private String[] words(ShownBatch batch, Telling telling, int shown) {
        int[][] said = pass.said(batch, telling.rows() - 1);
        String[] words = new String[shown];
        for (int i = 0; i < shown; i++) {
            byte[] letters = new byte[said[i].length];
            for (int letter = 0; letter < letters.length; letter++) {
                letters[letter] = (byte) said[i][letter];
            }
            words[i] = new String(letters, StandardCharsets.US_ASCII)
                    .lines()
                    .findFirst()
                    .orElse("");
        }
        return words;
    }
}
