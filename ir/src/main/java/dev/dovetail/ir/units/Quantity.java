package dev.dovetail.ir.units;

/** A value with its dimension, in base units: what an expression of the spec evaluates to. */
public record Quantity(double value, Dimension dimension) {

    public Quantity {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            throw new IllegalArgumentException("not a finite quantity: " + value + " (" + dimension.inWords() + ")");
        }
    }

    public static Quantity number(double value) {
        return new Quantity(value, Dimension.NONE);
    }

    public static Quantity of(double amount, Unit unit) {
        return new Quantity(unit.toBase(amount), unit.dimension());
    }

    /** Both must measure the same; {@link IllegalArgumentException} names the two dimensions otherwise. */
    public Quantity plus(Quantity other) {
        requireSameDimension(other);
        return new Quantity(value + other.value, dimension);
    }

    /** Both must measure the same; {@link IllegalArgumentException} names the two dimensions otherwise. */
    public Quantity minus(Quantity other) {
        requireSameDimension(other);
        return new Quantity(value - other.value, dimension);
    }

    public Quantity times(Quantity other) {
        return new Quantity(value * other.value, dimension.times(other.dimension));
    }

    public Quantity dividedBy(Quantity other) {
        return new Quantity(value / other.value, dimension.dividedBy(other.dimension));
    }

    public boolean isNumber() {
        return dimension.equals(Dimension.NONE);
    }

    public boolean isWhole() {
        return value == Math.rint(value) && Math.abs(value) < 0x1p53;
    }

    public Bytes asBytes() {
        return new Bytes(Math.round(as(Dimension.BYTES)));
    }

    public Flops asFlops() {
        return new Flops(as(Dimension.OPERATIONS));
    }

    public Seconds asSeconds() {
        return new Seconds(as(Dimension.TIME));
    }

    public Hertz asHertz() {
        return new Hertz(as(Dimension.RATE));
    }

    public BytesPerSecond asBytesPerSecond() {
        return new BytesPerSecond(as(Dimension.BANDWIDTH));
    }

    public FlopsPerSecond asFlopsPerSecond() {
        return new FlopsPerSecond(as(Dimension.COMPUTE));
    }

    public Watts asWatts() {
        return new Watts(as(Dimension.POWER));
    }

    public Joules asJoules() {
        return new Joules(as(Dimension.ENERGY));
    }

    public Dollars asDollars() {
        return new Dollars(as(Dimension.MONEY));
    }

    public DollarsPerHour asDollarsPerHour() {
        return new DollarsPerHour(as(Dimension.PRICE) * 3600);
    }

    public DollarsPerKilowattHour asDollarsPerKilowattHour() {
        return new DollarsPerKilowattHour(as(Dimension.ENERGY_PRICE) * 3.6e6);
    }

    public GramsPerKilowattHour asGramsPerKilowattHour() {
        return new GramsPerKilowattHour(as(Dimension.CARBON_INTENSITY) * 3.6e6);
    }

    /** The value in base units, if it measures {@code expected}; {@link IllegalArgumentException} otherwise. */
    public double as(Dimension expected) {
        if (!dimension.equals(expected)) {
            throw new IllegalArgumentException(
                    this + " is " + dimension.inWords() + ", where " + expected.inWords() + " is expected");
        }
        return value;
    }

    @Override
    public String toString() {
        return NamedDimension.of(dimension)
                .map(named -> UnitPrinter.print(value, named.ladder()))
                .orElseGet(() -> UnitPrinter.print(value, UnitPrinter.PLAIN) + " " + dimension.inWords());
    }

    private void requireSameDimension(Quantity other) {
        if (!dimension.equals(other.dimension)) {
            throw new IllegalArgumentException(
                    this + " is " + dimension.inWords() + " and " + other + " is " + other.dimension.inWords());
        }
    }
}
