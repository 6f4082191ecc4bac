package dev.dovetail.optimizer.law;

import java.util.List;

/**
 * Time of a matrix product on a device whose cores each work on one tile of the result at a time.
 *
 * <p>A product is cut into tiles; a core takes a tile's multiply-adds at its share of the peak, after filling its pipeline. Tiles
 * run in waves of as many as there are cores, and a last wave that fills few of them still takes its time. A long sum over few
 * tiles is cut along k too, at the price of adding the parts up. Of the tiles a library has, the fastest is taken. Bytes
 * crossing memory are a second limit; the two meet smoothly. Never longer for fewer rows, columns or terms of the sum than for
 * a multiple of them.
 *
 * @param cores that work on tiles
 * @param share of the peak that the largest tile reaches in steady state
 * @param relative rate of each tile of {@link #TILES} next to the largest
 * @param fillSeconds of a tile before and after its steady state
 * @param launchSeconds of the whole product
 * @param quantisation share of a part-filled wave's time that is lost; the rest is made up by higher clocks and stream-K
 * @param memory share of the memory bandwidth
 * @param unaligned share of the rate that is left where rows do not start at multiples of 16 bytes
 */
public record MatMulLaw(
        int cores,
        double share,
        List<Double> relative,
        double fillSeconds,
        double launchSeconds,
        double quantisation,
        double memory,
        double unaligned) {

    /** Rows and columns of the tiles libraries have for tensor cores, the largest first. */
    static final int[][] TILES = {{256, 128}, {128, 256}, {128, 128}, {128, 64}, {64, 128}, {64, 64}};

    private static final int[] SPLITS = {1, 2, 4, 8};
    /** Elements of the sum that a tile takes at a time. */
    private static final int DEPTH = 64;
    /** A split of the sum shorter than this gains nothing. */
    private static final int LEAST_DEPTH = 256;
    /** What other cores multiply next to the tensor cores, about: 19.5 of 312 Tflop/s on an A100, 67 of 989 on an H100. */
    private static final double SCALAR = 1.0 / 16;
    /** How sharply the limits of arithmetic and memory meet. */
    private static final double SHARPNESS = 6;

    public MatMulLaw {
        relative = List.copyOf(relative);
        if (relative.size() != TILES.length) {
            throw new IllegalArgumentException(relative.size() + " rates for " + TILES.length + " tiles");
        }
    }

    /**
     * What is multiplied: {@code batch} products of [m, k] by [k, n].
     *
     * @param inputBytes of one element of an operand
     * @param resultBytes of one element of the result
     */
    public record Shape(double batch, double m, double n, double k, double inputBytes, double resultBytes) {

        double flops() {
            return 2 * batch * m * n * k;
        }

        double bytes() {
            return batch * (inputBytes * (m * k + k * n) + resultBytes * m * n);
        }

        /** Whether every row starts at a multiple of 16 bytes, whichever way operands lie; scales of blocks lie elsewhere. */
        boolean aligned() {
            double elements = Math.pow(2, Math.ceil(Math.log(16 / inputBytes) / Math.log(2)));
            return m % elements == 0 && n % elements == 0 && k % elements == 0;
        }
    }

    /**
     * @param peak flops a second of the device at its highest clock
     * @param slowdown highest clock divided by the clock it runs at
     * @param bandwidth bytes a second of its memory
     */
    public double seconds(Shape shape, double peak, double slowdown, double bandwidth) {
        double rate = peak * share * alignment(shape) / cores;
        double arithmetic = Double.POSITIVE_INFINITY;
        for (int i = 0; i < TILES.length; i++) {
            for (int split : SPLITS) {
                if (split == 1 || shape.k() / split >= LEAST_DEPTH) {
                    arithmetic = Math.min(
                            arithmetic,
                            slowdown * tiled(shape, TILES[i], split, rate * relative.get(i))
                                    + joining(shape, split, bandwidth));
                }
            }
        }
        double moving = shape.bytes() / (bandwidth * memory);
        return launchSeconds + meet(arithmetic, moving);
    }

    /** Matrices of a batch that do not start at multiples of 16 bytes leave the tensor cores out. */
    private double alignment(Shape shape) {
        return shape.aligned() ? 1 : shape.batch() > 1 ? Math.min(unaligned, SCALAR) : unaligned;
    }

    private double tiled(Shape shape, int[] tile, int split, double rate) {
        double tiles = shape.batch() * Math.ceil(shape.m() / tile[0]) * Math.ceil(shape.n() / tile[1]) * split;
        double depth = Math.ceil(shape.k() / split / DEPTH) * DEPTH;
        return waves(tiles / cores) * (2.0 * tile[0] * tile[1] * depth / rate + fillSeconds);
    }

    private double waves(double full) {
        return full < 1 ? 1 : quantisation * Math.ceil(full) + (1 - quantisation) * full;
    }

    /** Parts of a split sum are written and read in fp32, by a kernel of their own. */
    private double joining(Shape shape, int split, double bandwidth) {
        return split == 1
                ? 0
                : launchSeconds + 2.0 * split * shape.batch() * shape.m() * shape.n() / (bandwidth * memory);
    }

    private static double meet(double a, double b) {
        double larger = Math.max(a, b);
        return larger * Math.pow(Math.pow(a / larger, SHARPNESS) + Math.pow(b / larger, SHARPNESS), 1 / SHARPNESS);
    }
}
