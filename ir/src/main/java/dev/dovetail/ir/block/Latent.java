package dev.dovetail.ir.block;

/**
 * Pictures (or their latents) that a diffusion model takes noise off: square, cut into square patches.
 *
 * @param side rows, and columns, of a picture
 * @param patch rows, and columns, of a patch
 * @param classes what pictures are conditioned on; one more row of the table stands for no class
 * @param learnsVariance whether the model also says how sure it is of each element
 */
public record Latent(int side, int channels, int patch, int classes, Predicts predicts, boolean learnsVariance) {
    /** Sines and cosines that a time is told by. */
    public static final int FREQUENCIES = 256;

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
