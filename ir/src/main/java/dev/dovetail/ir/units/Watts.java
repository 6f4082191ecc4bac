package dev.dovetail.ir.units;

/** A power in watts. */
public record Watts(double value) implements Comparable<Watts> {
    public static final Watts ZERO = new Watts(0);

    public Watts {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a power: " + value);
        }
    }

    public static Watts of(double value) {
        return new Watts(value);
    }

    public Watts plus(Watts other) {
        return new Watts(value + other.value);
    }

    public Watts minus(Watts other) {
        return new Watts(value - other.value);
    }

    public Watts times(double factor) {
        return new Watts(value * factor);
    }

    public double ratioTo(Watts other) {
        return value / other.value;
    }

    public Watts max(Watts other) {
        return value >= other.value ? this : other;
    }

    public Watts min(Watts other) {
        return value <= other.value ? this : other;
    }

    public Joules during(Seconds time) {
        return new Joules(value * time.value());
    }

    @Override
    public int compareTo(Watts other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.WATTS);
    }
}
