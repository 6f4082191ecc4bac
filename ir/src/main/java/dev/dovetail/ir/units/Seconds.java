package dev.dovetail.ir.units;

/** A stretch of time in seconds; may be negative only as a difference. */
public record Seconds(double value) implements Comparable<Seconds> {
    public static final Seconds ZERO = new Seconds(0);

    public Seconds {
        if (Double.isNaN(value)) {
            throw new IllegalArgumentException("not a time: " + value);
        }
    }

    public static Seconds of(double value) {
        return new Seconds(value);
    }

    public Seconds plus(Seconds other) {
        return new Seconds(value + other.value);
    }

    public Seconds minus(Seconds other) {
        return new Seconds(value - other.value);
    }

    public Seconds times(double factor) {
        return new Seconds(value * factor);
    }

    public double ratioTo(Seconds other) {
        return value / other.value;
    }

    public Seconds max(Seconds other) {
        return value >= other.value ? this : other;
    }

    public Seconds min(Seconds other) {
        return value <= other.value ? this : other;
    }

    public static Seconds ofMillis(double millis) {
        return new Seconds(millis / 1e3);
    }

    public static Seconds ofMicros(double micros) {
        return new Seconds(micros / 1e6);
    }

    public static Seconds ofNanos(double nanos) {
        return new Seconds(nanos / 1e9);
    }

    public double hours() {
        return value / 3600;
    }

    @Override
    public int compareTo(Seconds other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.SECONDS);
    }
}
