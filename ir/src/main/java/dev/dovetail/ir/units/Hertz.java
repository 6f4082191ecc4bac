package dev.dovetail.ir.units;

/** A frequency or a rate of events, per second. */
public record Hertz(double value) implements Comparable<Hertz> {
    public static final Hertz ZERO = new Hertz(0);

    public Hertz {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a frequency: " + value);
        }
    }

    public static Hertz of(double value) {
        return new Hertz(value);
    }

    public Hertz plus(Hertz other) {
        return new Hertz(value + other.value);
    }

    public Hertz minus(Hertz other) {
        return new Hertz(value - other.value);
    }

    public Hertz times(double factor) {
        return new Hertz(value * factor);
    }

    public double ratioTo(Hertz other) {
        return value / other.value;
    }

    public Hertz max(Hertz other) {
        return value >= other.value ? this : other;
    }

    public Hertz min(Hertz other) {
        return value <= other.value ? this : other;
    }

    @Override
    public int compareTo(Hertz other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.HERTZ);
    }
}
