package dev.dovetail.runtime.sample;

/** A model that continues a text token by token, with its cache of keys and values as state. */
public interface Decoder {
    /** How many different tokens there are. */
    int vocabulary();

    /** The most tokens, prompt and continuation together, that fit the cache. */
    int contextLimit();

    /** Forgets all text. */
    void reset();

    /**
     * Reads {@code tokens} after what it has read so far, at least one.
     *
     * @param logits {@code vocabulary()} places that receive the scores of the token that follows the last one read
     */
    void read(int[] tokens, double[] logits);
}
