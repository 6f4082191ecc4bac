package dev.dovetail.ir.units;

/** An amount of money in US dollars. */
public record Dollars(double value) implements Comparable<Dollars> {
    public static final Dollars ZERO = new Dollars(0);

    public Dollars {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not an amount of money: " + value);
        }
    }

    public static Dollars of(double value) {
        return new Dollars(value);
    }

    public Dollars plus(Dollars other) {
        return new Dollars(value + other.value);
    }

    public Dollars minus(Dollars other) {
        return new Dollars(value - other.value);
    }

    public Dollars times(double factor) {
        return new Dollars(value * factor);
    }

    public double ratioTo(Dollars other) {
        return value / other.value;
    }

    public Dollars max(Dollars other) {
        return value >= other.value ? this : other;
    }

    public Dollars min(Dollars other) {
        return value <= other.value ? this : other;
    }

    @Override
    public int compareTo(Dollars other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.DOLLARS);
    }
}
