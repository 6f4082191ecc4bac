package dev.dovetail.ir.units;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnitsTest {

    @Test
    void gigabytesAndGibibytesAreDifferentWords() {
        assertEquals(80_000_000_000L, parse(80, "GB").asBytes().count());
        assertEquals(85_899_345_920L, parse(80, "GiB").asBytes().count());
    }

    @Test
    void networkRatesCountBits() {
        assertEquals(25e9, parse(200, "Gbps").asBytesPerSecond().value());
    }

    @Test
    void smallTimesAreTheNearestDouble() {
        assertEquals(2e-6, parse(2, "us").asSeconds().value());
        assertEquals(0.1, parse(100, "ms").asSeconds().value());
    }

    @Test
    void everySymbolIsSpelledOnce() {
        Set<String> seen = new HashSet<>();
        UnitCatalog.ALL.forEach(unit -> assertTrue(seen.add(unit.symbol()), unit.symbol()));
        assertEquals(1e-3, UnitCatalog.find("mW").orElseThrow().toBase(1));
        assertEquals(1e6, UnitCatalog.find("MW").orElseThrow().toBase(1));
        assertTrue(UnitCatalog.find("gb").isEmpty());
    }

    @ParameterizedTest
    @CsvSource({
        "80, GB, 80 GB",
        "999.9999, GB, 1 TB",
        "0, GB, 0 B",
        "1.5, us, 1.5 us",
        "90, s, 1.5 min",
        "34, days, 34 days",
        "312, TFLOPS, 312 TFLOPS",
        "300, kbps, 37.5 kB/s",
        "1410, MHz, 1.41 GHz",
        "400, W, 400 W",
        "0.123456, s, 123.5 ms",
    })
    void printsTheLargestFittingUnit(double amount, String unit, String printed) {
        assertEquals(printed, parse(amount, unit).toString());
    }

    @Test
    void printsPricesInTheUnitPeopleQuote() {
        Unit perHour = UnitCatalog.USD.per(UnitCatalog.HOUR);
        assertEquals("2.1 USD/hour", Quantity.of(2.10, perHour).toString());
        assertEquals(2.10, Quantity.of(2.10, perHour).asDollarsPerHour().value(), 1e-12);
        Unit intensity = UnitCatalog.GCO2.per(UnitCatalog.KWH);
        assertEquals("350 gCO2/kWh", Quantity.of(350, intensity).toString());
    }

    @Test
    void arithmeticKeepsDimensions() {
        Quantity size = parse(80, "GB");
        Quantity speed = Quantity.of(2, UnitCatalog.TB.per(UnitCatalog.SECOND));
        assertEquals(0.04, size.dividedBy(speed).asSeconds().value(), 1e-15);
        assertEquals(
                Dimension.POWER, parse(1, "kWh").dividedBy(parse(1, "hour")).dimension());
        assertEquals(1000, parse(1, "kWh").dividedBy(parse(1, "hour")).asWatts().value(), 1e-9);
    }

    @Test
    void refusesToAddAMemorySizeToATime() {
        Exception refused = assertThrows(
                IllegalArgumentException.class, () -> parse(80, "GB").plus(parse(2, "us")));
        assertEquals("80 GB is a memory size and 2 us is a time", refused.getMessage());
        assertThrows(IllegalArgumentException.class, () -> parse(80, "GB").asSeconds());
    }

    @Test
    void typedUnitsAgreeWithEachOther() {
        assertEquals(new Seconds(2), Bytes.ofGb(4).at(new BytesPerSecond(2e9)));
        assertEquals(new Seconds(0.5), new Flops(1e12).at(new FlopsPerSecond(2e12)));
        assertEquals(new Joules(800), new Watts(400).during(new Seconds(2)));
        assertEquals(
                0.12, new DollarsPerKilowattHour(0.12).of(new Joules(3.6e6)).value(), 1e-15);
        assertEquals(350, new GramsPerKilowattHour(350).of(new Joules(3.6e6)).value(), 1e-12);
        assertEquals(new Dollars(1.05), new DollarsPerHour(2.10).during(new Seconds(1800)));
    }

    @Test
    void bytesRoundUpAndNeverGoNegative() {
        assertEquals(Bytes.of(4), Bytes.of(10).dividedBy(3));
        assertEquals(Bytes.of(128), Bytes.of(65).alignedTo(64));
        assertThrows(IllegalArgumentException.class, () -> Bytes.of(1).minus(Bytes.of(2)));
        assertThrows(ArithmeticException.class, () -> Bytes.of(Long.MAX_VALUE).plus(Bytes.of(1)));
    }

    @Test
    void namesDimensionsAsPeopleDo() {
        assertEquals("a bandwidth", Dimension.BANDWIDTH.inWords());
        assertEquals(
                "bytes^2 x seconds^-1",
                Dimension.BYTES.times(Dimension.BANDWIDTH).inWords());
    }

    private static Quantity parse(double amount, String symbol) {
        return Quantity.of(amount, UnitCatalog.find(symbol).orElseThrow());
    }
}
