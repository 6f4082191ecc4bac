package dev.dovetail.ir.units;

/** Floating point operations, counted; a multiply-add is two. */
public record Flops(double value) implements Comparable<Flops> {
    public static final Flops ZERO = new Flops(0);

    public Flops {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a number of operations: " + value);
        }
    }

    public static Flops of(double value) {
        return new Flops(value);
    }

    public Flops plus(Flops other) {
        return new Flops(value + other.value);
    }

    public Flops minus(Flops other) {
        return new Flops(value - other.value);
    }

    public Flops times(double factor) {
        return new Flops(value * factor);
    }

    public double ratioTo(Flops other) {
        return value / other.value;
    }

    public Flops max(Flops other) {
        return value >= other.value ? this : other;
    }

    public Flops min(Flops other) {
        return value <= other.value ? this : other;
    }

    public Seconds at(FlopsPerSecond speed) {
        return new Seconds(value / speed.value());
    }

    public FlopsPerSecond per(Seconds time) {
        return new FlopsPerSecond(value / time.value());
    }

    @Override
    public int compareTo(Flops other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.OPERATIONS);
    }
}
