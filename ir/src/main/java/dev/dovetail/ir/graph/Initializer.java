package dev.dovetail.ir.graph;

/**
 * How a parameter starts: normal(0, deviation), or a constant where the deviation is 0.
 *
 * @param columns of a table of fixed positions, of which it holds sines and cosines row by row; 0 for any other parameter
 */
public record Initializer(double constant, double deviation, int columns) {

    public Initializer(double constant, double deviation) {
        this(constant, deviation, 0);
    }

    /** Sines and cosines of the column, then of the row, of each place of a grid (He et al. 2021, arXiv:2111.06377). */
    public static Initializer grid(int columns) {
        return new Initializer(0, 0, columns);
    }

    public static final Initializer ZEROS = new Initializer(0, 0);
    public static final Initializer ONES = new Initializer(1, 0);

    public static Initializer normal(double deviation) {
        return new Initializer(0, deviation);
    }
}
