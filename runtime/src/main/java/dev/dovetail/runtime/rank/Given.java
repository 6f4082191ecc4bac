package dev.dovetail.runtime.rank;

/** What a step is given of its batch, by the names that generated code uses. */
public enum Given {
    /** Ids of tokens: int32 [sequence, batch]. */
    TOKENS,
    /** Ids of tokens of what a model's source reads: int32 [sequence, batch]. */
    SOURCE_TOKENS,
    /** Which kind each token is of: int32 [sequence, batch]. */
    TOKEN_TYPES,
    /** Pictures as rows of patches, or sound as rows of spectra: [sequence, batch, elements]. */
    SIGNAL,
    /** What is to be predicted at each position: int32 [sequence, batch]; of pictures [batch]. Negative ones do not count. */
    TARGETS,
    /** Noised patches of pictures: [sequence, batch, elements of a patch]. */
    LATENTS,
    /** What is to be predicted of each patch, in the same shape. */
    NOISE,
    /** How far each picture is from noise, as sines and cosines: [batch, frequencies]. */
    TIMES,
    /** The class of each picture: int32 [batch]. */
    LABELS,
    /** The text that each picture is asked for by, as other models have read it: [text, batch, text_width]. */
    TEXTS,
    /** A row that stands for all of the text: [batch, pooled_width]. */
    POOLED_TEXTS,
    /** How strongly a picture is to follow what it is asked for, as sines and cosines: [batch, frequencies]. */
    GUIDANCE
}
