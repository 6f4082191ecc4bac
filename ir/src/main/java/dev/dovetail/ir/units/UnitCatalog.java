package dev.dovetail.ir.units;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toUnmodifiableMap;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every unit the spec language knows. Magnitudes of plain numbers ({@code 300B}) are not units; they attach. */
public final class UnitCatalog {
    public static final Unit BYTE = Unit.of("B", Dimension.BYTES, 1);
    public static final Unit KB = Unit.of("kB", Dimension.BYTES, 1e3);
    public static final Unit MB = Unit.of("MB", Dimension.BYTES, 1e6);
    public static final Unit GB = Unit.of("GB", Dimension.BYTES, 1e9);
    public static final Unit TB = Unit.of("TB", Dimension.BYTES, 1e12);
    public static final Unit PB = Unit.of("PB", Dimension.BYTES, 1e15);
    public static final Unit KIB = Unit.of("KiB", Dimension.BYTES, 0x1p10);
    public static final Unit MIB = Unit.of("MiB", Dimension.BYTES, 0x1p20);
    public static final Unit GIB = Unit.of("GiB", Dimension.BYTES, 0x1p30);
    public static final Unit TIB = Unit.of("TiB", Dimension.BYTES, 0x1p40);
    public static final Unit PIB = Unit.of("PiB", Dimension.BYTES, 0x1p50);

    // Network rates are sold in bits: 200 Gbps = 25 GB/s.
    public static final Unit KBPS = Unit.of("kbps", Dimension.BANDWIDTH, 1e3 / 8);
    public static final Unit MBPS = Unit.of("Mbps", Dimension.BANDWIDTH, 1e6 / 8);
    public static final Unit GBPS = Unit.of("Gbps", Dimension.BANDWIDTH, 1e9 / 8);
    public static final Unit TBPS = Unit.of("Tbps", Dimension.BANDWIDTH, 1e12 / 8);

    public static final Unit FLOP = Unit.of("FLOP", Dimension.OPERATIONS, 1);
    public static final Unit MFLOP = Unit.of("MFLOP", Dimension.OPERATIONS, 1e6);
    public static final Unit GFLOP = Unit.of("GFLOP", Dimension.OPERATIONS, 1e9);
    public static final Unit TFLOP = Unit.of("TFLOP", Dimension.OPERATIONS, 1e12);
    public static final Unit PFLOP = Unit.of("PFLOP", Dimension.OPERATIONS, 1e15);
    public static final Unit EFLOP = Unit.of("EFLOP", Dimension.OPERATIONS, 1e18);
    public static final Unit ZFLOP = Unit.of("ZFLOP", Dimension.OPERATIONS, 1e21);
    public static final Unit FLOPS = Unit.of("FLOPS", Dimension.COMPUTE, 1);
    public static final Unit MFLOPS = Unit.of("MFLOPS", Dimension.COMPUTE, 1e6);
    public static final Unit GFLOPS = Unit.of("GFLOPS", Dimension.COMPUTE, 1e9);
    public static final Unit TFLOPS = Unit.of("TFLOPS", Dimension.COMPUTE, 1e12);
    public static final Unit PFLOPS = Unit.of("PFLOPS", Dimension.COMPUTE, 1e15);
    public static final Unit EFLOPS = Unit.of("EFLOPS", Dimension.COMPUTE, 1e18);
    // Integer throughput is quoted in TOPS; it is costed on the same axis as floating point.
    public static final Unit GOPS = Unit.of("GOPS", Dimension.COMPUTE, 1e9);
    public static final Unit TOPS = Unit.of("TOPS", Dimension.COMPUTE, 1e12);
    public static final Unit POPS = Unit.of("POPS", Dimension.COMPUTE, 1e15);

    public static final Unit SECOND = Unit.of("s", Dimension.TIME, 1);
    public static final Unit MS = Unit.fractionOf("ms", Dimension.TIME, 1e3);
    public static final Unit US = Unit.fractionOf("us", Dimension.TIME, 1e6);
    public static final Unit NS = Unit.fractionOf("ns", Dimension.TIME, 1e9);
    public static final Unit MINUTE = Unit.of("minute", Dimension.TIME, 60);
    public static final Unit HOUR = Unit.of("hour", Dimension.TIME, 3600);
    public static final Unit DAY = Unit.of("day", Dimension.TIME, 86400);
    public static final Unit WEEK = Unit.of("week", Dimension.TIME, 7 * 86400);
    public static final Unit YEAR = Unit.of("year", Dimension.TIME, 365 * 86400);

    public static final Unit HZ = Unit.of("Hz", Dimension.RATE, 1);
    public static final Unit KHZ = Unit.of("kHz", Dimension.RATE, 1e3);
    public static final Unit MHZ = Unit.of("MHz", Dimension.RATE, 1e6);
    public static final Unit GHZ = Unit.of("GHz", Dimension.RATE, 1e9);

    public static final Unit MW = Unit.fractionOf("mW", Dimension.POWER, 1e3);
    public static final Unit W = Unit.of("W", Dimension.POWER, 1);
    public static final Unit KW = Unit.of("kW", Dimension.POWER, 1e3);
    public static final Unit MEGAWATT = Unit.of("MW", Dimension.POWER, 1e6);

    public static final Unit J = Unit.of("J", Dimension.ENERGY, 1);
    public static final Unit KJ = Unit.of("kJ", Dimension.ENERGY, 1e3);
    public static final Unit MJ = Unit.of("MJ", Dimension.ENERGY, 1e6);
    public static final Unit GJ = Unit.of("GJ", Dimension.ENERGY, 1e9);
    public static final Unit WH = Unit.of("Wh", Dimension.ENERGY, 3600);
    public static final Unit KWH = Unit.of("kWh", Dimension.ENERGY, 3.6e6);
    public static final Unit MWH = Unit.of("MWh", Dimension.ENERGY, 3.6e9);
    public static final Unit GWH = Unit.of("GWh", Dimension.ENERGY, 3.6e12);

    public static final Unit USD = Unit.of("USD", Dimension.MONEY, 1);

    public static final Unit GCO2 = Unit.of("gCO2", Dimension.CARBON, 1);
    public static final Unit KGCO2 = Unit.of("kgCO2", Dimension.CARBON, 1e3);
    public static final Unit TCO2 = Unit.of("tCO2", Dimension.CARBON, 1e6);

    /** In the order messages list them. Plurals and short forms are spellings of the same length of time. */
    public static final List<Unit> ALL = List.of(
            BYTE,
            KB,
            MB,
            GB,
            TB,
            PB,
            KIB,
            MIB,
            GIB,
            TIB,
            PIB,
            KBPS,
            MBPS,
            GBPS,
            TBPS,
            FLOP,
            MFLOP,
            GFLOP,
            TFLOP,
            PFLOP,
            EFLOP,
            ZFLOP,
            FLOPS,
            MFLOPS,
            GFLOPS,
            TFLOPS,
            PFLOPS,
            EFLOPS,
            GOPS,
            TOPS,
            POPS,
            SECOND,
            MS,
            US,
            NS,
            MINUTE,
            HOUR,
            DAY,
            WEEK,
            YEAR,
            MINUTE.spelled("min"),
            MINUTE.spelled("minutes"),
            HOUR.spelled("hours"),
            HOUR.spelled("h"),
            DAY.spelled("days"),
            WEEK.spelled("weeks"),
            YEAR.spelled("years"),
            SECOND.spelled("second"),
            SECOND.spelled("seconds"),
            HZ,
            KHZ,
            MHZ,
            GHZ,
            MW,
            W,
            KW,
            MEGAWATT,
            J,
            KJ,
            MJ,
            GJ,
            WH,
            KWH,
            MWH,
            GWH,
            USD,
            GCO2,
            KGCO2,
            TCO2);

    private static final Map<String, Unit> BY_SYMBOL =
            ALL.stream().collect(toUnmodifiableMap(Unit::symbol, identity()));

    private UnitCatalog() {}

    /** The unit spelled exactly so, case included: {@code mW} and {@code MW} differ by 10^9. */
    public static Optional<Unit> find(String symbol) {
        return Optional.ofNullable(BY_SYMBOL.get(symbol));
    }
}
