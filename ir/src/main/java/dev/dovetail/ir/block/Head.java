package dev.dovetail.ir.block;

/** What a model makes of its last layer's stream. */
public sealed interface Head {
    /** Scores of every entry of the vocabulary. */
    Tokens TOKENS = new Tokens(false);

    /**
     * Scores of every entry of the vocabulary for each token.
     *
     * @param transformed whether a projection, the exact GELU and a norm stand before them, as in masked language models (BERT)
     */
    record Tokens(boolean transformed) implements Head {}

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
