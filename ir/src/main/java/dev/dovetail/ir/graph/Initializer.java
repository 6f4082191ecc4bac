package dev.dovetail.ir.graph;

/**
 * How a parameter starts: normal(0, deviation), or a constant where the deviation is 0.
 *
 * @param columns of a table of fixed positions, of which it holds sines and cosines row by row; 0 for any other parameter,
 *     {@link #IN_LINE} where positions have no rows and columns
 */
public record Initializer(double constant, double deviation, int columns) {

    public Initializer(double constant, double deviation) {
        this(constant, deviation, 0);
    }

    /** Sines and cosines of the column, then of the row, of each place of a grid (He et al. 2021, arXiv:2111.06377). */
    public static Initializer grid(int columns) {
        return new Initializer(0, 0, columns);
    }

    /** Sines, then cosines, of each position (Vaswani et al. 2017, as Whisper and Marian lay them out). */
    public static Initializer line() {
        return new Initializer(0, 0, IN_LINE);
    }

    /** The columns of positions in a line. */
    public static final int IN_LINE = -1;

    public static final Initializer ZEROS = new Initializer(0, 0);
    public static final Initializer ONES = new Initializer(1, 0);

    public static Initializer normal(double deviation) {
        return new Initializer(0, deviation);
    }
}
