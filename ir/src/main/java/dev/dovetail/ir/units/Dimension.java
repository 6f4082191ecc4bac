package dev.dovetail.ir.units;

import java.util.ArrayList;
import java.util.List;

/**
 * What a quantity measures, as exponents over the base quantities: bytes, operations, seconds, joules, dollars and grams
 * of CO2. Power is joules per second; a frequency is one over seconds; a plain number has all exponents zero.
 */
public record Dimension(int bytes, int operations, int seconds, int joules, int dollars, int grams) {
    public static final Dimension NONE = new Dimension(0, 0, 0, 0, 0, 0);
    public static final Dimension BYTES = new Dimension(1, 0, 0, 0, 0, 0);
    public static final Dimension OPERATIONS = new Dimension(0, 1, 0, 0, 0, 0);
    public static final Dimension TIME = new Dimension(0, 0, 1, 0, 0, 0);
    public static final Dimension ENERGY = new Dimension(0, 0, 0, 1, 0, 0);
    public static final Dimension MONEY = new Dimension(0, 0, 0, 0, 1, 0);
    public static final Dimension CARBON = new Dimension(0, 0, 0, 0, 0, 1);
    public static final Dimension RATE = NONE.dividedBy(TIME);
    public static final Dimension BANDWIDTH = BYTES.dividedBy(TIME);
    public static final Dimension COMPUTE = OPERATIONS.dividedBy(TIME);
    public static final Dimension POWER = ENERGY.dividedBy(TIME);
    public static final Dimension PRICE = MONEY.dividedBy(TIME);
    public static final Dimension ENERGY_PRICE = MONEY.dividedBy(ENERGY);
    public static final Dimension CARBON_INTENSITY = CARBON.dividedBy(ENERGY);

    public Dimension times(Dimension other) {
        return new Dimension(
                bytes + other.bytes,
                operations + other.operations,
                seconds + other.seconds,
                joules + other.joules,
                dollars + other.dollars,
                grams + other.grams);
    }

    public Dimension dividedBy(Dimension other) {
        return times(new Dimension(
                -other.bytes, -other.operations, -other.seconds, -other.joules, -other.dollars, -other.grams));
    }

    /** The words a person uses for it: "a memory size", "a bandwidth", …; base units where there is no such word. */
    public String inWords() {
        return NamedDimension.of(this).map(NamedDimension::words).orElseGet(this::inBaseUnits);
    }

    private String inBaseUnits() {
        List<String> parts = new ArrayList<>();
        appendPower(parts, "bytes", bytes);
        appendPower(parts, "operations", operations);
        appendPower(parts, "seconds", seconds);
        appendPower(parts, "joules", joules);
        appendPower(parts, "dollars", dollars);
        appendPower(parts, "grams of CO2", grams);
        return String.join(" x ", parts);
    }

    private static void appendPower(List<String> parts, String base, int exponent) {
        if (exponent != 0) {
            parts.add(exponent == 1 ? base : base + "^" + exponent);
        }
    }
}
