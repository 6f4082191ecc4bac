package dev.dovetail.ir.units;

/** A mass of emitted CO2 equivalent, in grams. */
public record GramsOfCarbon(double value) implements Comparable<GramsOfCarbon> {
    public static final GramsOfCarbon ZERO = new GramsOfCarbon(0);

    public GramsOfCarbon {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a mass of carbon dioxide: " + value);
        }
    }

    public static GramsOfCarbon of(double value) {
        return new GramsOfCarbon(value);
    }

    public GramsOfCarbon plus(GramsOfCarbon other) {
        return new GramsOfCarbon(value + other.value);
    }

    public GramsOfCarbon minus(GramsOfCarbon other) {
        return new GramsOfCarbon(value - other.value);
    }

    public GramsOfCarbon times(double factor) {
        return new GramsOfCarbon(value * factor);
    }

    public double ratioTo(GramsOfCarbon other) {
        return value / other.value;
    }

    public GramsOfCarbon max(GramsOfCarbon other) {
        return value >= other.value ? this : other;
    }

    public GramsOfCarbon min(GramsOfCarbon other) {
        return value <= other.value ? this : other;
    }

    @Override
    public int compareTo(GramsOfCarbon other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.GRAMS);
    }
}
