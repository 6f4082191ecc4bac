package dev.dovetail.ir.units;

/** A compute rate in floating point operations per second. */
public record FlopsPerSecond(double value) implements Comparable<FlopsPerSecond> {
    public static final FlopsPerSecond ZERO = new FlopsPerSecond(0);

    public FlopsPerSecond {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a compute rate: " + value);
        }
    }

    public static FlopsPerSecond of(double value) {
        return new FlopsPerSecond(value);
    }

    public FlopsPerSecond plus(FlopsPerSecond other) {
        return new FlopsPerSecond(value + other.value);
    }

    public FlopsPerSecond minus(FlopsPerSecond other) {
        return new FlopsPerSecond(value - other.value);
    }

    public FlopsPerSecond times(double factor) {
        return new FlopsPerSecond(value * factor);
    }

    public double ratioTo(FlopsPerSecond other) {
        return value / other.value;
    }

    public FlopsPerSecond max(FlopsPerSecond other) {
        return value >= other.value ? this : other;
    }

    public FlopsPerSecond min(FlopsPerSecond other) {
        return value <= other.value ? this : other;
    }

    public Flops during(Seconds time) {
        return new Flops(value * time.value());
    }

    @Override
    public int compareTo(FlopsPerSecond other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.OPERATIONS_PER_SECOND);
    }
}
