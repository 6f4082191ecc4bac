package dev.dovetail.runtime.data;

import dev.dovetail.runtime.data.Exercise.Span;
import dev.dovetail.runtime.random.RandomStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** How a piece of text becomes something to be filled in; what is hidden depends on the number of the sample alone. */
public sealed interface Hiding {
    /** Bytes of a piece of text. */
    int window();

    /** The least token that stands for what is hidden. */
    int leastStand();

    /** What the loss is told in. */
    String lossUnit();

    /** @param number of the sample, of those that {@code random} is for */
    Exercise exercise(int[] piece, RandomStream random, long number);

    /**
     * Single bytes are hidden and said in their places (Devlin et al. 2018, arXiv:1810.04805, section 3.1): of ten, eight are
     * replaced by one token, one by any token below it, and one stays.
     *
     * @param hidden bytes of a piece
     * @param stand what they are replaced by
     */
    record Masking(int window, int hidden, int stand) implements Hiding {
        private static final double REPLACED = 0.8;
        private static final double ANY = 0.1;
        private static final int DRAWS = 3;

        @Override
        public int leastStand() {
            return stand;
        }

        @Override
        public String lossUnit() {
            return "nats per hidden byte";
        }

        @Override
        public Exercise exercise(int[] piece, RandomStream random, long number) {
            long draw = number * DRAWS * window;
            int[] places = someOf(window, hidden, random, draw);
            int[] tokens = piece.clone();
            int[] targets = new int[window];
            Arrays.fill(targets, WindowBatch.NOT_COUNTED);
            for (int place : places) {
                targets[place] = piece[place];
                double fate = random.uniform(draw + window + place);
                if (fate < REPLACED) {
                    tokens[place] = stand;
                } else if (fate < REPLACED + ANY) {
                    tokens[place] = (int) random.below(stand, draw + 2L * window + place);
                }
            }
            List<Span> spans =
                    Arrays.stream(places).mapToObj(place -> new Span(place, 1)).toList();
            return new Exercise(new int[0], tokens, targets, spans);
        }
    }

    /**
     * Spans are replaced by a token each and said one behind the other, each behind its token, with one token more at the end
     * (Raffel et al. 2019, arXiv:1910.10683, section 3.1.4; as many bytes and spans in each piece, as in their code). What has
     * been said so far is read from a 0 on.
     *
     * @param hidden bytes of a piece
     * @param spans that they are in
     * @param stand the token of the first span; the others count down
     */
    record SpanCorruption(int window, int hidden, int spans, int stand) implements Hiding {
        @Override
        public int leastStand() {
            return stand - spans;
        }

        @Override
        public String lossUnit() {
            return "nats per token said";
        }

        /** Tokens that are said of a piece. */
        public int said() {
            return hidden + spans + 1;
        }

        @Override
        public Exercise exercise(int[] piece, RandomStream random, long number) {
            long draw = number * 2 * window;
            int[] seen = lengths(window - hidden, spans, random, draw);
            int[] unseen = lengths(hidden, spans, random, draw + window);
            int[] source = new int[window - hidden + spans];
            int[] targets = new int[said()];
            var all = new ArrayList<Span>();
            int from = 0;
            int read = 0;
            int said = 0;
            for (int i = 0; i < spans; i++) {
                System.arraycopy(piece, from, source, read, seen[i]);
                read += seen[i];
                from += seen[i];
                source[read++] = stand - i;
                targets[said++] = stand - i;
                System.arraycopy(piece, from, targets, said, unseen[i]);
                all.add(new Span(from, unseen[i]));
                said += unseen[i];
                from += unseen[i];
            }
            targets[said] = stand - spans;
            int[] tokens = new int[targets.length];
            System.arraycopy(targets, 0, tokens, 1, targets.length - 1);
            return new Exercise(source, tokens, targets, all);
        }

        /** A whole as {@code parts} lengths of at least 1, each way as likely as the others. */
        private static int[] lengths(int whole, int parts, RandomStream random, long draw) {
            int[] ends = someOf(whole - 1, parts - 1, random, draw);
            int[] lengths = new int[parts];
            int before = 0;
            for (int i = 0; i < parts; i++) {
                int end = i < ends.length ? ends[i] + 1 : whole;
                lengths[i] = end - before;
                before = end;
            }
            return lengths;
        }
    }

    /** {@code count} of the numbers below {@code bound}, in order: the beginning of a shuffle. */
    private static int[] someOf(int bound, int count, RandomStream random, long draw) {
        int[] all = IntStream.range(0, bound).toArray();
        for (int i = 0; i < count; i++) {
            int other = i + (int) random.below(bound - i, draw + i);
            int chosen = all[other];
            all[other] = all[i];
            all[i] = chosen;
        }
        return Arrays.stream(all, 0, count).sorted().toArray();
    }
}
