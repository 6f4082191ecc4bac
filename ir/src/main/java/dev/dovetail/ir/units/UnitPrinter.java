package dev.dovetail.ir.units;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;

/** Prints figures for people: the largest unit in which the value is at least one, four significant digits. */
public final class UnitPrinter {
    public static final Ladder PLAIN = Ladder.of(Unit.of("", Dimension.NONE, 1));
    public static final Ladder DECIMAL_BYTES =
            Ladder.of(UnitCatalog.BYTE, UnitCatalog.KB, UnitCatalog.MB, UnitCatalog.GB, UnitCatalog.TB, UnitCatalog.PB);
    public static final Ladder BINARY_BYTES = Ladder.of(
            UnitCatalog.BYTE, UnitCatalog.KIB, UnitCatalog.MIB, UnitCatalog.GIB, UnitCatalog.TIB, UnitCatalog.PIB);
    static final Ladder BYTES_PER_SECOND = DECIMAL_BYTES.per(UnitCatalog.SECOND);
    static final Ladder OPERATIONS = Ladder.of(
            UnitCatalog.FLOP,
            UnitCatalog.MFLOP,
            UnitCatalog.GFLOP,
            UnitCatalog.TFLOP,
            UnitCatalog.PFLOP,
            UnitCatalog.EFLOP,
            UnitCatalog.ZFLOP);
    static final Ladder OPERATIONS_PER_SECOND = Ladder.of(
            UnitCatalog.FLOPS,
            UnitCatalog.MFLOPS,
            UnitCatalog.GFLOPS,
            UnitCatalog.TFLOPS,
            UnitCatalog.PFLOPS,
            UnitCatalog.EFLOPS);
    public static final Ladder SECONDS = Ladder.of(
            UnitCatalog.NS,
            UnitCatalog.US,
            UnitCatalog.MS,
            UnitCatalog.SECOND,
            UnitCatalog.MINUTE.spelled("min"),
            UnitCatalog.HOUR.spelled("h"),
            UnitCatalog.DAY.spelled("days"));
    static final Ladder HERTZ = Ladder.of(UnitCatalog.HZ, UnitCatalog.KHZ, UnitCatalog.MHZ, UnitCatalog.GHZ);
    static final Ladder WATTS = Ladder.of(UnitCatalog.W, UnitCatalog.KW, UnitCatalog.MEGAWATT);
    public static final Ladder JOULES = Ladder.of(UnitCatalog.J, UnitCatalog.KJ, UnitCatalog.KWH, UnitCatalog.MWH);
    public static final Ladder DOLLARS = Ladder.of(UnitCatalog.USD);
    static final Ladder DOLLARS_PER_HOUR = Ladder.of(Unit.of("USD/hour", Dimension.PRICE, 1));
    static final Ladder DOLLARS_PER_SECOND = DOLLARS.per(UnitCatalog.HOUR);
    static final Ladder DOLLARS_PER_KILOWATT_HOUR = Ladder.of(Unit.of("USD/kWh", Dimension.ENERGY_PRICE, 1));
    static final Ladder DOLLARS_PER_JOULE = DOLLARS.per(UnitCatalog.KWH);
    public static final Ladder GRAMS = Ladder.of(UnitCatalog.GCO2, UnitCatalog.KGCO2, UnitCatalog.TCO2);
    static final Ladder GRAMS_PER_KILOWATT_HOUR = Ladder.of(Unit.of("gCO2/kWh", Dimension.CARBON_INTENSITY, 1));
    static final Ladder GRAMS_PER_JOULE = Ladder.of(UnitCatalog.GCO2.per(UnitCatalog.KWH));

    private UnitPrinter() {}

    /** Units of one dimension, smallest first. */
    public record Ladder(List<Unit> rungs) {
        public Ladder {
            rungs = List.copyOf(rungs);
        }

        static Ladder of(Unit... rungs) {
            return new Ladder(List.of(rungs));
        }

        Ladder per(Unit other) {
            return new Ladder(rungs.stream().map(rung -> rung.per(other)).toList());
        }

        private Unit rungFor(double value) {
            Unit chosen = rungs.getFirst();
            for (Unit rung : rungs) {
                // 999.96 GB would print as "1000 GB": the next rung starts where rounding reaches it.
                if (Math.abs(rung.fromBase(value)) >= 0.99995) {
                    chosen = rung;
                }
            }
            return value == 0 ? baseRung() : chosen;
        }

        private Unit baseRung() {
            return rungs.stream()
                    .filter(rung -> rung.toBase(1) == 1)
                    .findFirst()
                    .orElse(rungs.getFirst());
        }
    }

    /** {@code value} is in base units; {@code print(8e10, DECIMAL_BYTES)} is "80 GB". */
    public static String print(double value, Ladder ladder) {
        Unit rung = ladder.rungFor(value);
        return (number(rung.fromBase(value)) + " " + rung.symbol()).strip();
    }

    /** The same rounded up, so that what is printed is enough. */
    public static String printEnough(double value, Ladder ladder) {
        Unit rung = ladder.rungFor(value);
        return (number(rung.fromBase(value), RoundingMode.CEILING) + " " + rung.symbol()).strip();
    }

    /** Four significant digits without exponent or trailing zeros; whole numbers in full. */
    public static String number(double value) {
        return number(value, RoundingMode.HALF_EVEN);
    }

    private static String number(double value, RoundingMode mode) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "unlimited" : "-unlimited";
        }
        BigDecimal exact = new BigDecimal(value);
        BigDecimal rounded = Math.abs(value) >= 1000 ? exact.setScale(0, mode) : exact.round(new MathContext(4, mode));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
