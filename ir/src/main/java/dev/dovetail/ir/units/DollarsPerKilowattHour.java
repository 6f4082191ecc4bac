package dev.dovetail.ir.units;

/** A price of electric energy in US dollars per kilowatt-hour. */
public record DollarsPerKilowattHour(double value) implements Comparable<DollarsPerKilowattHour> {
    public static final DollarsPerKilowattHour ZERO = new DollarsPerKilowattHour(0);

    public DollarsPerKilowattHour {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a price of energy: " + value);
        }
    }

    public static DollarsPerKilowattHour of(double value) {
        return new DollarsPerKilowattHour(value);
    }

    public DollarsPerKilowattHour plus(DollarsPerKilowattHour other) {
        return new DollarsPerKilowattHour(value + other.value);
    }

    public DollarsPerKilowattHour minus(DollarsPerKilowattHour other) {
        return new DollarsPerKilowattHour(value - other.value);
    }

    public DollarsPerKilowattHour times(double factor) {
        return new DollarsPerKilowattHour(value * factor);
    }

    public double ratioTo(DollarsPerKilowattHour other) {
        return value / other.value;
    }

    public DollarsPerKilowattHour max(DollarsPerKilowattHour other) {
        return value >= other.value ? this : other;
    }

    public DollarsPerKilowattHour min(DollarsPerKilowattHour other) {
        return value <= other.value ? this : other;
    }

    public Dollars of(Joules energy) {
        return new Dollars(value * energy.kilowattHours());
    }

    @Override
    public int compareTo(DollarsPerKilowattHour other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.DOLLARS_PER_KILOWATT_HOUR);
    }
}
