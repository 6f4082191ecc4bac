package dev.dovetail.ir.graph;

/**
 * A value a graph is given, and where it comes from.
 *
 * @param ahead how many tokens further it begins than the source itself: 1 is the target behind the target
 */
public record Input(Value value, Source source, int ahead) {
    public Input(Value value, Source source) {
        this(value, source, 0);
    }

    /** Another value from the same place. */
    public Input with(Value other) {
        return new Input(other, source, ahead);
    }

    /** Who provides an input. */
    public enum Source {
        /** The residual stream out of the layer before. */
        STREAM,
        /** The same where nothing before the layer trains: no gradient flows back into it. */
        FIXED_STREAM,
        /** Token ids of the micro-batch, I32 [sequence, batch]. */
        TOKENS,
        /** Token ids of what a model's source reads, I32 [sequence, batch]. */
        SOURCE_TOKENS,
        /** Which kind each token is of, I32 [sequence, batch]. */
        TOKEN_TYPES,
        /** Pictures as rows of patches, or sound as rows of spectra: [sequence, batch, elements]. */
        SIGNAL,
        /** Absolute position of each token, I32 [sequence, batch]. */
        POSITIONS,
        /** The token to be predicted at each position, I32 [sequence, batch]. */
        TARGETS,
        /** Noised patches of pictures, [sequence, batch, patch]. */
        LATENTS,
        /** What is to be predicted of each patch, in the same shape. */
        NOISE,
        /** How far each picture is from noise, as sines and cosines: [batch, frequencies]. */
        TIMES,
        /** The class of each picture, I32 [batch]. */
        LABELS,
        /** The text that each picture is asked for by, as other models have read it: [text, batch, text_width]. */
        TEXTS,
        /** A row that stands for all of the text: [batch, pooled_width]. */
        POOLED_TEXTS,
        /** How strongly a picture is to follow what it is asked for, as sines and cosines: [batch, frequencies]. */
        GUIDANCE,
        /** A cache kept between calls while decoding. */
        CACHE,
        /** A value saved by the forward pass for the backward pass. */
        SAVED,
        /** The gradient of the layer's output. */
        GRADIENT
    }
}
