package dev.dovetail.ir.block;

import java.util.Optional;

/**
 * Pictures (or their latents) that a diffusion model takes noise off: square, cut into square patches.
 *
 * @param side rows, and columns, of a picture
 * @param patch rows, and columns, of a patch
 * @param classes what pictures are conditioned on; one more row of the table stands for no class
 * @param learnsVariance whether the model also says how sure it is of each element
 * @param text what pictures are asked for by, in the place of classes
 */
public record Latent(
        int side,
        int channels,
        int patch,
        int classes,
        Predicts predicts,
        boolean learnsVariance,
        Optional<Text> text) {
    /** Sines and cosines that a time is told by. */
    public static final int FREQUENCIES = 256;

    /** Pictures of classes. */
    public Latent(int side, int channels, int patch, int classes, Predicts predicts, boolean learnsVariance) {
        this(side, channels, patch, classes, predicts, learnsVariance, Optional.empty());
    }

    /** The same pictures, asked for by text. */
    public Latent askedBy(Text other) {
        return new Latent(side, channels, patch, 0, predicts, learnsVariance, Optional.of(other));
    }

    /**
     * Text as other models have read it: a stream beside the pictures' own.
     *
     * @param rows of the longest text
     * @param width of a row
     * @param pooled width of the row that stands for all of it and is told with the time; 0 for none
     */
    public record Text(int rows, int width, int pooled) {}

    /** What the model says of a noised picture. */
    public enum Predicts {
        /** The noise in it (Ho et al. 2020, arXiv:2006.11239). */
        NOISE,
        /** The way from the picture to the noise (rectified flow, Liu et al. 2022, arXiv:2209.03003). */
        FLOW
    }

    /** Patches in a row. */
    public int columns() {
        return side / patch;
    }

    public int patches() {
        return columns() * columns();
    }

    /** Elements of a picture. */
    public int elements() {
        return side * side * channels;
    }

    /** Elements of one patch. */
    public int patchElements() {
        return patch * patch * channels;
    }
}
