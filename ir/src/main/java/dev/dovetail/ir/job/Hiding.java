package dev.dovetail.ir.job;

/** What of a text is hidden from a model that is to say it. */
public sealed interface Hiding {
    /** Values of a byte that no UTF-8 text uses begin here, but for two: tokens from here on may stand for what is hidden. */
    int FIRST_UNUSED = 245;

    /** Tokens of the vocabulary, its last ones, that stand for what is hidden. */
    int stands();

    /**
     * Single tokens of what an encoder reads, which it predicts (Devlin et al. 2018, arXiv:1810.04805).
     *
     * @param tokens of a sequence that are hidden
     */
    record Single(int tokens) implements Hiding {
        /** Nearest to a share of a sequence, at least one. */
        public static Single of(double share, int sequence) {
            return new Single(Math.max(1, (int) Math.round(share * sequence)));
        }

        @Override
        public int stands() {
            return 1;
        }
    }

    /**
     * Spans of what an encoder reads, which a decoder says, each behind the token that stands for it (Raffel et al. 2019,
     * arXiv:1910.10683).
     *
     * @param window bytes of text that a sample is made of
     * @param tokens of a window that are hidden
     * @param spans that they are in
     */
    record Spans(int window, int tokens, int spans) implements Hiding {
        /**
         * As much text as fills the encoder's {@code rows} when each span has become one token.
         *
         * @param share of the text that is hidden
         * @param length of a span in the mean
         */
        public static Spans of(double share, double length, int rows) {
            Spans most = new Spans(rows, 1, 1);
            for (int tokens = 2; tokens < rows; tokens++) {
                int spans = Math.max(1, (int) Math.round(tokens / length));
                int window = rows + tokens - spans;
                if (tokens > share * window || spans > window - tokens) {
                    return most;
                }
                most = new Spans(window, tokens, spans);
            }
            return most;
        }

        /** Tokens that the decoder says: what was hidden, a token before each span, and one that ends it all. */
        public int said() {
            return tokens + spans + 1;
        }

        @Override
        public int stands() {
            return spans + 1;
        }
    }
}
