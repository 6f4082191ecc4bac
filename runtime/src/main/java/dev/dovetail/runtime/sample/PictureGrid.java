package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.data.PictureShape;
import java.util.Arrays;

/**
 * Pictures in rows and columns.
 *
 * @param pictures row by row, elements from -1 to 1
 * @param columns pictures in a row
 */
record PictureGrid(PictureShape shape, double[][] pictures, int columns) {
    /** Small pictures are enlarged until they can be looked at. */
    private static final int LEAST_SIDE = 48;

    private static final int GAP = 4;
    private static final byte WHITE = (byte) 255;
    /** From nothing to full. */
    private static final String SHADES = " .:-=+*#%@";

    PngImage image() {
        int zoom = Math.max(1, Math.ceilDiv(LEAST_SIDE, shape.side()));
        int cell = shape.side() * zoom + GAP;
        int width = columns * cell + GAP;
        int height = Math.ceilDiv(pictures.length, columns) * cell + GAP;
        // Latents have channels that are no colours: the first one shows their form.
        int channels = shape.channels() == 3 ? 3 : 1;
        byte[] samples = new byte[width * height * channels];
        Arrays.fill(samples, WHITE);
        for (int i = 0; i < pictures.length; i++) {
            int left = GAP + i % columns * cell;
            int top = GAP + i / columns * cell;
            for (int y = 0; y < shape.side() * zoom; y++) {
                for (int x = 0; x < shape.side() * zoom; x++) {
                    for (int c = 0; c < channels; c++) {
                        int at = ((top + y) * width + left + x) * channels + c;
                        samples[at] = (byte) Math.round(255 * level(i, y / zoom, x / zoom, c));
                    }
                }
            }
        }
        return new PngImage(width, height, channels, samples);
    }

    /** From 0 to 1. */
    private double level(int picture, int row, int column, int channel) {
        double value = pictures[picture][(row * shape.side() + column) * shape.channels() + channel];
        return Math.clamp((value + 1) / 2, 0, 1);
    }

    /** The pictures of the first column, beside each other in characters, as many as {@code width} takes. */
    String text(int width) {
        int rows = Math.min(Math.ceilDiv(pictures.length, columns), Math.max(1, width / (shape.side() + 1)));
        var text = new StringBuilder();
        for (int y = 0; y < shape.side(); y++) {
            var line = new StringBuilder();
            for (int row = 0; row < rows; row++) {
                for (int x = 0; x < shape.side(); x++) {
                    int shade = (int) Math.round(level(row * columns, y, x, 0) * (SHADES.length() - 1));
                    line.append(SHADES.charAt(shade));
                }
                line.append(' ');
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
