package dev.dovetail.ir.block;

import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import java.util.Optional;

/** What a model makes of its last layer's stream. */
public sealed interface Head {
    /** Scores of every entry of the vocabulary. */
    Tokens TOKENS = new Tokens(Optional.empty(), Optional.empty());

    /**
     * Scores of every entry of the vocabulary for each token.
     *
     * @param transform what stands before them, as in masked language models (BERT)
     * @param further whether tokens behind the next are scored too while it trains
     */
    record Tokens(Optional<Dense> transform, Optional<Further> further) implements Head {}

    /**
     * A projection onto as many elements, a function of each, and a norm where there is one.
     *
     * @param bias of the projection
     */
    record Dense(Function function, boolean bias, boolean norm) {
        /** What BERT has before scores of tokens. */
        public static final Dense TRANSFORM = new Dense(Function.GELU, true, true);

        /** What BERT has before scores of classes. */
        public static final Dense POOLER = new Dense(Function.TANH, true, false);
    }

    /** What a dense layer makes of its elements. */
    enum Function {
        TANH,
        RELU,
        GELU;

        /** Of the first operand. */
        public ScalarExpr element() {
            return switch (this) {
                case TANH -> Scalars.tanh(Scalars.arg(0));
                case RELU -> Activations.relu();
                case GELU -> Activations.geluErf();
            };
        }
    }

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
     * One row, projected to where it meets a row of another model (Radford et al. 2021, arXiv:2103.00020).
     *
     * @param width of what it is projected to
     * @param pool which row
     */
    record Projected(int width, Pool pool, boolean bias) implements Head {}

    /**
     * What a learned row reads of the stream by attention, and an mlp beside it (Zhai et al. 2023, arXiv:2303.15343).
     *
     * @param inner width of the mlp's hidden layer
     * @param activation of the mlp, one without a gate
     */
    record Probed(int heads, int inner, String activation) implements Head {}

    /**
     * How well a sequence fits what the model's source made of its own input: the cosine of the two, times a learned factor whose
     * logarithm is the parameter. The source ends in a row as wide.
     *
     * @param own what becomes of this model's stream
     * @param shifted whether a learned number is added (SigLIP)
     */
    record Paired(Projected own, boolean shifted) implements Head {}

    /**
     * Scores of classes, one set for each sequence or picture, or for each token.
     *
     * @param pool which rows they are told from
     * @param dense what stands before them
     */
    record Classes(int count, Pool pool, Optional<Dense> dense, boolean bias) implements Head {}

    /** Which rows of the stream tell what the whole is. */
    enum Pool {
        FIRST,
        MEAN,
        /** The last, which alone has seen everything where no token sees those behind it. */
        LAST,
        /** The first beside the mean of all (DINOv2). */
        BOTH,
        /** Each for itself: what kind of word it is, or whether an answer begins there. */
        EACH
    }

    /** How wide the one row is that a model of that width gives for a whole sequence or picture; empty where it gives others. */
    default Optional<Integer> rowWidth(int width) {
        return switch (this) {
            case Projected projected -> Optional.of(projected.width);
            case Probed p -> Optional.of(width);
            case Pooled p -> Optional.of(width);
            case Tokens t -> Optional.empty();
            case Features f -> Optional.empty();
            case Classes c -> Optional.empty();
            case Paired p -> Optional.empty();
        };
    }

    /** How many tokens are scored behind the next, and what they count. */
    default Optional<Further> further() {
        return this instanceof Tokens tokens ? tokens.further : Optional.empty();
    }

    /** Whether there is a loss to train by. */
    default boolean isJudged() {
        return switch (this) {
            case Tokens t -> true;
            // One score alone is a number to be met, and no data says what each token is.
            case Classes classes -> classes.count > 1 && classes.pool != Pool.EACH;
            case Features f -> false;
            case Pooled p -> false;
            case Projected p -> false;
            case Probed p -> false;
            // A pair is told from all others of a batch, which ranks and micro-batches cut apart.
            case Paired p -> false;
        };
    }
}
