package dev.dovetail.ir.units;

/** A number of bytes, exact; never negative. */
public record Bytes(long count) implements Comparable<Bytes> {
    public static final Bytes ZERO = new Bytes(0);

    public Bytes {
        if (count < 0) {
            throw new IllegalArgumentException("a number of bytes is not negative: " + count);
        }
    }

    public static Bytes of(long count) {
        return new Bytes(count);
    }

    /** Decimal gigabytes (10^9), rounded to whole bytes. */
    public static Bytes ofGb(double gigabytes) {
        return new Bytes(Math.round(gigabytes * 1e9));
    }

    /** Binary gibibytes (2^30), rounded to whole bytes. */
    public static Bytes ofGib(double gibibytes) {
        return new Bytes(Math.round(gibibytes * 0x1p30));
    }

    public Bytes plus(Bytes other) {
        return new Bytes(Math.addExact(count, other.count));
    }

    public Bytes minus(Bytes other) {
        return new Bytes(count - other.count);
    }

    public Bytes times(long factor) {
        return new Bytes(Math.multiplyExact(count, factor));
    }

    /** Scales by a fraction and rounds up: a part of a byte still occupies a byte. */
    public Bytes scaled(double factor) {
        return new Bytes((long) Math.ceil(count * factor));
    }

    /** Splits into {@code parts} and rounds up to the largest part. */
    public Bytes dividedBy(long parts) {
        return new Bytes(Math.ceilDiv(count, parts));
    }

    /** Rounds up to a multiple of {@code alignment} bytes. */
    public Bytes alignedTo(long alignment) {
        return new Bytes(Math.multiplyExact(Math.ceilDiv(count, alignment), alignment));
    }

    public Seconds at(BytesPerSecond speed) {
        return new Seconds(count / speed.value());
    }

    public BytesPerSecond per(Seconds time) {
        return new BytesPerSecond(count / time.value());
    }

    public double ratioTo(Bytes other) {
        return (double) count / other.count;
    }

    public Bytes max(Bytes other) {
        return count >= other.count ? this : other;
    }

    @Override
    public int compareTo(Bytes other) {
        return Long.compare(count, other.count);
    }

    @Override
    public String toString() {
        return UnitPrinter.print(count, UnitPrinter.DECIMAL_BYTES);
    }
}
