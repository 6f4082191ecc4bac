package dev.dovetail.ir.units;

/**
 * A word for an amount of something: {@code GB} is 10^9 bytes. The factor is a quotient of two exactly representable
 * numbers, so that {@code 2 us} is the double nearest to 2e-6 and not a rounding beside it.
 */
public record Unit(String symbol, Dimension dimension, double numerator, double denominator) {

    public static Unit of(String symbol, Dimension dimension, double factor) {
        return new Unit(symbol, dimension, factor, 1);
    }

    public static Unit fractionOf(String symbol, Dimension dimension, double denominator) {
        return new Unit(symbol, dimension, 1, denominator);
    }

    /** The same amount under another spelling. */
    public Unit spelled(String other) {
        return new Unit(other, dimension, numerator, denominator);
    }

    /** {@code GB/s} from GB and s. */
    public Unit per(Unit other) {
        return new Unit(
                symbol + "/" + other.symbol,
                dimension.dividedBy(other.dimension),
                numerator * other.denominator,
                denominator * other.numerator);
    }

    public double toBase(double amount) {
        return amount * numerator / denominator;
    }

    public double fromBase(double value) {
        return value * denominator / numerator;
    }
}
