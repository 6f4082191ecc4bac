package dev.dovetail.ir.units;

/** An energy in joules. */
public record Joules(double value) implements Comparable<Joules> {
    public static final Joules ZERO = new Joules(0);

    public Joules {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not an energy: " + value);
        }
    }

    public static Joules of(double value) {
        return new Joules(value);
    }

    public Joules plus(Joules other) {
        return new Joules(value + other.value);
    }

    public Joules minus(Joules other) {
        return new Joules(value - other.value);
    }

    public Joules times(double factor) {
        return new Joules(value * factor);
    }

    public double ratioTo(Joules other) {
        return value / other.value;
    }

    public Joules max(Joules other) {
        return value >= other.value ? this : other;
    }

    public Joules min(Joules other) {
        return value <= other.value ? this : other;
    }

    public Watts over(Seconds time) {
        return new Watts(value / time.value());
    }

    public double kilowattHours() {
        return value / 3.6e6;
    }

    @Override
    public int compareTo(Joules other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.JOULES);
    }
}
