package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.ByteCountModel;
import dev.dovetail.runtime.data.Exercise;
import dev.dovetail.runtime.data.Exercise.Span;
import dev.dovetail.runtime.data.HiddenBatch;
import dev.dovetail.runtime.data.Hiding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Has a model fill in pieces of text, each time the likeliest.
 *
 * @param counts the yardstick
 */
record TextFiller(ReadPass pass, ByteCountModel counts) {
    private static final int BYTES = 256;

    /**
     * A piece of text that was filled in.
     *
     * @param said of each span
     * @param counted spans that the yardstick fills in
     */
    record Filled(int[] piece, List<Span> spans, List<int[]> said, long counted) {
        long right() {
            long right = 0;
            for (int i = 0; i < spans.size(); i++) {
                right += isRight(i) ? 1 : 0;
            }
            return right;
        }

        private boolean isRight(int span) {
            return Arrays.equals(said.get(span), stood(span));
        }

        private int[] stood(int span) {
            Span at = spans.get(span);
            return Arrays.copyOfRange(piece, at.first(), at.first() + at.length());
        }

        /** On one line, what was said in brackets, and what stood there where it is something else. */
        String text() {
            var text = new StringBuilder();
            int from = 0;
            for (int i = 0; i < spans.size(); i++) {
                Span span = spans.get(i);
                text.append(letters(Arrays.copyOfRange(piece, from, span.first())));
                text.append('[').append(letters(said.get(i)));
                text.append(isRight(i) ? "" : "|" + letters(stood(i))).append(']');
                from = span.first() + span.length();
            }
            return text.append(letters(Arrays.copyOfRange(piece, from, piece.length)))
                    .toString()
                    .replace("\n", "\\n");
        }

        private static String letters(int[] tokens) {
            byte[] bytes = new byte[tokens.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) tokens[i];
            }
            return new String(bytes, StandardCharsets.UTF_8);
        }
    }

    /** @param batch of as many samples as a call takes */
    List<Filled> fill(HiddenBatch batch) {
        List<List<int[]>> said = switch (batch.hiding()) {
            case Hiding.Masking masking -> inPlace(batch);
            case Hiding.SpanCorruption spans -> behindStands(batch, spans);
        };
        var filled = new ArrayList<Filled>();
        for (int i = 0; i < pass.samples(); i++) {
            int[] piece = batch.piece(i);
            List<Span> spans = batch.exercise(0, i).hidden();
            long counted = spans.stream().filter(span -> counts(piece, span)).count();
            filled.add(new Filled(piece, spans, said.get(i), counted));
        }
        return filled;
    }

    private List<List<int[]>> inPlace(HiddenBatch batch) {
        double[] scores = pass.scores(batch, new int[0]);
        var all = new ArrayList<List<int[]>>();
        for (int i = 0; i < pass.samples(); i++) {
            int sample = i;
            Exercise exercise = batch.exercise(0, i);
            all.add(exercise.hidden().stream()
                    .map(span -> new int[] {pass.likeliest(scores, span.first() * pass.samples() + sample)})
                    .toList());
        }
        return all;
    }

    private List<List<int[]>> behindStands(HiddenBatch batch, Hiding.SpanCorruption hiding) {
        int[][] said = pass.said(batch, 0);
        var all = new ArrayList<List<int[]>>();
        for (int[] tokens : said) {
            var spans = new ArrayList<int[]>();
            for (int i = 0; i < hiding.spans(); i++) {
                spans.add(behind(tokens, hiding.stand() - i, hiding));
            }
            all.add(spans);
        }
        return all;
    }

    /** From behind {@code stand} to before the next token that stands for something; nothing where it was not said. */
    private static int[] behind(int[] tokens, int stand, Hiding.SpanCorruption hiding) {
        int from = 0;
        while (from < tokens.length && tokens[from] != stand) {
            from++;
        }
        int to = Math.min(from + 1, tokens.length);
        from = to;
        while (to < tokens.length && tokens[to] < hiding.leastStand()) {
            to++;
        }
        return Arrays.copyOfRange(tokens, from, to);
    }

    /** Whether counts say what a span has, each byte from what stands before it. */
    private boolean counts(int[] piece, Span span) {
        for (int i = span.first(); i < span.first() + span.length(); i++) {
            if (likeliest(piece, i) != piece[i]) {
                return false;
            }
        }
        return true;
    }

    private int likeliest(int[] piece, int place) {
        int context = ByteCountModel.context(piece, place);
        int best = 0;
        double most = -1;
        for (int next = 0; next < BYTES; next++) {
            double p = counts.probability(context, Math.min(place, 2), next);
            if (p > most) {
                most = p;
                best = next;
            }
        }
        return best;
    }
}
