package dev.dovetail.ir.units;

/** A price of using something for an hour, in US dollars. */
public record DollarsPerHour(double value) implements Comparable<DollarsPerHour> {
    public static final DollarsPerHour ZERO = new DollarsPerHour(0);

    public DollarsPerHour {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a price per hour: " + value);
        }
    }

    public static DollarsPerHour of(double value) {
        return new DollarsPerHour(value);
    }

    public DollarsPerHour plus(DollarsPerHour other) {
        return new DollarsPerHour(value + other.value);
    }

    public DollarsPerHour minus(DollarsPerHour other) {
        return new DollarsPerHour(value - other.value);
    }

    public DollarsPerHour times(double factor) {
        return new DollarsPerHour(value * factor);
    }

    public double ratioTo(DollarsPerHour other) {
        return value / other.value;
    }

    public DollarsPerHour max(DollarsPerHour other) {
        return value >= other.value ? this : other;
    }

    public DollarsPerHour min(DollarsPerHour other) {
        return value <= other.value ? this : other;
    }

    public Dollars during(Seconds time) {
        return new Dollars(value * time.hours());
    }

    @Override
    public int compareTo(DollarsPerHour other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.DOLLARS_PER_HOUR);
    }
}
