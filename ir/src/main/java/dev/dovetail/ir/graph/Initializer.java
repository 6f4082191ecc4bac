package dev.dovetail.ir.graph;

/** How a parameter starts: normal(0, deviation), or a constant where the deviation is 0. */
public record Initializer(double constant, double deviation) {
    public static final Initializer ZEROS = new Initializer(0, 0);
    public static final Initializer ONES = new Initializer(1, 0);

    public static Initializer normal(double deviation) {
        return new Initializer(0, deviation);
    }
}
