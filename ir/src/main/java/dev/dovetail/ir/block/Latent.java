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
 * @param told how the time and what else is told with it become the condition
 * @param convolved where convolutions stand at both ends, and no places are told
 */
public record Latent(
        int side,
        int channels,
        int patch,
        int classes,
        Predicts predicts,
        boolean learnsVariance,
        Optional<Text> text,
        Told told,
        Optional<Convolved> convolved) {

    /** Pictures of classes. */
    public Latent(int side, int channels, int patch, int classes, Predicts predicts, boolean learnsVariance) {
        this(side, channels, patch, classes, predicts, learnsVariance, Optional.empty(), Told.USUAL, Optional.empty());
    }

    /** The same pictures, asked for by text. */
    public Latent askedBy(Text other) {
        return new Latent(side, channels, patch, 0, predicts, learnsVariance, Optional.of(other), told, convolved);
    }

    public Latent told(Told other) {
        return new Latent(side, channels, patch, classes, predicts, learnsVariance, text, other, convolved);
    }

    /** The same pictures between convolutions. */
    public Latent between(Convolved other) {
        return new Latent(side, channels, patch, classes, predicts, learnsVariance, text, told, Optional.of(other));
    }

    /**
     * Text as other models have read it: a stream beside the pictures' own.
     *
     * @param rows of the longest text
     * @param width of a row
     * @param pooled width of the row that stands for all of it and is told with the time; 0 for none
     */
    public record Text(int rows, int width, int pooled) {}

    /**
     * What is told of a whole picture.
     *
     * @param width of the condition; 0 where it is the stream's
     * @param frequencies sines and cosines that a time is told by
     * @param guided whether it is told, as a time is, how strongly the picture is to follow what it is asked for (FLUX.1-dev)
     */
    public record Told(int width, int frequencies, boolean guided) {
        public static final Told USUAL = new Told(0, 256, false);
    }

    /**
     * Both ends as a UNet has them (Ronneberger et al. 2015, arXiv:1505.04597; Ho et al. 2020): the picture is convolved to the
     * model's width, and normalised in groups and convolved back.
     *
     * @param taps rows, and columns, of places that each is made of; an odd number
     * @param groups that channels are normalised in
     * @param kept whether the first stream is kept for a sub-layer that takes it
     */
    public record Convolved(int taps, int groups, boolean kept) {}

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
