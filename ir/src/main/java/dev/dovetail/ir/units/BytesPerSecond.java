package dev.dovetail.ir.units;

/** A bandwidth in bytes per second, one direction unless said otherwise. */
public record BytesPerSecond(double value) implements Comparable<BytesPerSecond> {
    public static final BytesPerSecond ZERO = new BytesPerSecond(0);

    public BytesPerSecond {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a bandwidth: " + value);
        }
    }

    public static BytesPerSecond of(double value) {
        return new BytesPerSecond(value);
    }

    public BytesPerSecond plus(BytesPerSecond other) {
        return new BytesPerSecond(value + other.value);
    }

    public BytesPerSecond minus(BytesPerSecond other) {
        return new BytesPerSecond(value - other.value);
    }

    public BytesPerSecond times(double factor) {
        return new BytesPerSecond(value * factor);
    }

    public double ratioTo(BytesPerSecond other) {
        return value / other.value;
    }

    public BytesPerSecond max(BytesPerSecond other) {
        return value >= other.value ? this : other;
    }

    public BytesPerSecond min(BytesPerSecond other) {
        return value <= other.value ? this : other;
    }

    public Bytes during(Seconds time) {
        return new Bytes(Math.round(value * time.value()));
    }

    @Override
    public int compareTo(BytesPerSecond other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.BYTES_PER_SECOND);
    }
}
