package dev.dovetail.runtime.data;

/**
 * How a diffusion model takes pictures.
 *
 * @param side rows, and columns, of a picture
 * @param patch rows, and columns, of a patch
 * @param classes of pictures; the one after the last stands for none
 * @param frequencies sines and cosines that a time is told by
 */
public record PictureShape(int side, int channels, int patch, int classes, int frequencies) {
    /** The longest wave that times are told by, in steps (Vaswani et al. 2017, arXiv:1706.03762). */
    private static final double LONGEST = 10_000;

    public int elements() {
        return side * side * channels;
    }

    public int patchElements() {
        return patch * patch * channels;
    }

    /** Patches of a picture. */
    public int patches() {
        return elements() / patchElements();
    }

    /** Which element of a picture is element {@code element} of its patch {@code number}: rows, columns, channels in both. */
    public int element(int number, int element) {
        int across = side / patch;
        int channel = element % channels;
        int column = number % across * patch + element / channels % patch;
        int row = number / across * patch + element / channels / patch;
        return (row * side + column) * channels + channel;
    }

    /** What a model is told of a time: cosines of ever longer waves, then their sines. */
    public double[] waves(double time) {
        double[] waves = new double[frequencies];
        int half = frequencies / 2;
        double longer = StrictMath.pow(LONGEST, -1.0 / half);
        double angle = time;
        for (int i = 0; i < half; i++) {
            waves[i] = StrictMath.cos(angle);
            waves[half + i] = StrictMath.sin(angle);
            angle *= longer;
        }
        return waves;
    }
}
