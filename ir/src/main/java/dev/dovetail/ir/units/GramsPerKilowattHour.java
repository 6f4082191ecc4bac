package dev.dovetail.ir.units;

/** The carbon intensity of electric energy, in grams of CO2 equivalent per kilowatt-hour. */
public record GramsPerKilowattHour(double value) implements Comparable<GramsPerKilowattHour> {
    public static final GramsPerKilowattHour ZERO = new GramsPerKilowattHour(0);

    public GramsPerKilowattHour {
        if (Double.isNaN(value) || value < 0) {
            throw new IllegalArgumentException("not a carbon intensity: " + value);
        }
    }

    public static GramsPerKilowattHour of(double value) {
        return new GramsPerKilowattHour(value);
    }

    public GramsPerKilowattHour plus(GramsPerKilowattHour other) {
        return new GramsPerKilowattHour(value + other.value);
    }

    public GramsPerKilowattHour minus(GramsPerKilowattHour other) {
        return new GramsPerKilowattHour(value - other.value);
    }

    public GramsPerKilowattHour times(double factor) {
        return new GramsPerKilowattHour(value * factor);
    }

    public double ratioTo(GramsPerKilowattHour other) {
        return value / other.value;
    }

    public GramsPerKilowattHour max(GramsPerKilowattHour other) {
        return value >= other.value ? this : other;
    }

    public GramsPerKilowattHour min(GramsPerKilowattHour other) {
        return value <= other.value ? this : other;
    }

    public GramsOfCarbon of(Joules energy) {
        return new GramsOfCarbon(value * energy.kilowattHours());
    }

    @Override
    public int compareTo(GramsPerKilowattHour other) {
        return Double.compare(value, other.value);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(value, UnitPrinter.GRAMS_PER_KILOWATT_HOUR);
    }
}
