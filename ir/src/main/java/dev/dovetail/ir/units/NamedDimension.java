package dev.dovetail.ir.units;

import java.util.Arrays;
import java.util.Optional;

/** A dimension people have a word for, with the ladder of units that prints it. */
public enum NamedDimension {
    NUMBER(Dimension.NONE, "a number", UnitPrinter.PLAIN, "8"),
    SIZE(Dimension.BYTES, "a memory size", UnitPrinter.DECIMAL_BYTES, "80 GB"),
    WORK(Dimension.OPERATIONS, "a number of operations", UnitPrinter.OPERATIONS, "1 TFLOP"),
    TIME(Dimension.TIME, "a time", UnitPrinter.SECONDS, "2 us"),
    RATE(Dimension.RATE, "a rate or frequency", UnitPrinter.HERTZ, "1410 MHz"),
    BANDWIDTH(Dimension.BANDWIDTH, "a bandwidth", UnitPrinter.BYTES_PER_SECOND, "300 GB/s"),
    COMPUTE(Dimension.COMPUTE, "a compute rate", UnitPrinter.OPERATIONS_PER_SECOND, "312 TFLOPS"),
    ENERGY(Dimension.ENERGY, "an energy", UnitPrinter.JOULES, "1 kWh"),
    POWER(Dimension.POWER, "a power", UnitPrinter.WATTS, "400 W"),
    MONEY(Dimension.MONEY, "an amount of money", UnitPrinter.DOLLARS, "100 USD"),
    PRICE(Dimension.PRICE, "a price per time", UnitPrinter.DOLLARS_PER_SECOND, "2.10 USD/hour"),
    ENERGY_PRICE(Dimension.ENERGY_PRICE, "a price of energy", UnitPrinter.DOLLARS_PER_JOULE, "0.12 USD/kWh"),
    CARBON(Dimension.CARBON, "a mass of CO2", UnitPrinter.GRAMS, "1 kgCO2"),
    CARBON_INTENSITY(Dimension.CARBON_INTENSITY, "a carbon intensity", UnitPrinter.GRAMS_PER_JOULE, "350 gCO2/kWh");

    private final Dimension dimension;
    private final String words;
    private final UnitPrinter.Ladder ladder;
    private final String example;

    NamedDimension(Dimension dimension, String words, UnitPrinter.Ladder ladder, String example) {
        this.dimension = dimension;
        this.words = words;
        this.ladder = ladder;
        this.example = example;
    }

    public static Optional<NamedDimension> of(Dimension dimension) {
        return Arrays.stream(values())
                .filter(named -> named.dimension.equals(dimension))
                .findFirst();
    }

    public Dimension dimension() {
        return dimension;
    }

    public String words() {
        return words;
    }

    public UnitPrinter.Ladder ladder() {
        return ladder;
    }

    /** A sample a message can show: what to write where this is expected. */
    public String example() {
        return example;
    }
}
