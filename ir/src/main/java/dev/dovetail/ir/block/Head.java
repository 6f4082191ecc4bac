package dev.dovetail.ir.block;

import java.util.Optional;

/** What a model makes of its last layer's stream. */
public sealed interface Head {
    /** Scores of every entry of the vocabulary. */
    Tokens TOKENS = new Tokens(false, Optional.empty());

    /**
     * Scores of every entry of the vocabulary for each token.
     *
     * @param transformed whether a projection, the exact GELU and a norm stand before them, as in masked language models (BERT)
     * @param further whether tokens behind the next are scored too while it trains
     */
    record Tokens(boolean transformed, Optional<Further> further) implements Head {}

    /**
     * Tokens behind the next are predicted too, each by one layer more behind the last (multi-token prediction, DeepSeek-V3,
     * arXiv:2412.19437, section 2.2). What they miss trains the model beside what it misses of the next; decoding does without.
     *
     * @param tokens how many behind the next
     * @param weight of their mean loss beside the loss of the next token
     */
    record Further(int tokens, double weight) {
        public Further {
            if (tokens < 1 || !(weight >= 0)) {
                throw new IllegalArgumentException(tokens + " further tokens of weight " + weight);
            }
        }
    }

    /** The stream itself, [sequence, batch, width]: what encoders of sentences average, and other models read. */
    record Features() implements Head {}

    /**
     * What becomes of the first row.
     *
     * @param shaped whether tanh of a projection follows (BERT)
     */
    record Pooled(boolean shaped) implements Head {}

    /**
     * Scores of classes, one set for each sequence or picture.
     *
     * @param pool which rows they are told from
     * @param shaped whether tanh of a projection stands before them (BERT)
     */
    record Classes(int count, Pool pool, boolean shaped, boolean bias) implements Head {}

    /** Which rows of the stream tell what the whole is. */
    enum Pool {
        FIRST,
        MEAN
    }

    /** How many tokens are scored behind the next, and what they count. */
    default Optional<Further> further() {
        return this instanceof Tokens tokens ? tokens.further : Optional.empty();
    }

    /** Whether there is a loss to train by. */
    default boolean isJudged() {
        return switch (this) {
            case Tokens t -> true;
            case Classes c -> true;
            case Features f -> false;
            case Pooled p -> false;
        };
    }
}
