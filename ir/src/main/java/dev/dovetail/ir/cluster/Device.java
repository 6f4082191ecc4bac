package dev.dovetail.ir.cluster;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Watts;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One accelerator (or one rank slot of a CPU).
 *
 * @param compute peak rate of dense matrix products by element type; types a device lacks are absent
 * @param attainable share of the peak that the best measured matrix product reaches; 1 where nobody measured
 * @param clocks the frequencies it can be set to; empty where the catalogue lists none
 */
public record Device(
        String name,
        Bytes memory,
        BytesPerSecond bandwidth,
        Map<ElementType, FlopsPerSecond> compute,
        double attainable,
        Power power,
        Optional<Clocks> clocks,
        Optional<DollarsPerHour> price) {

    /** Draw at rest and at the cap; a datasheet's board power, not a measurement. */
    public record Power(Watts idle, Watts limit) {}

    /** Core frequencies from {@code lowest} to {@code highest} in equal steps, in MHz. */
    public record Clocks(int lowestMhz, int highestMhz, int stepMhz) {
        public Clocks {
            if (lowestMhz <= 0 || highestMhz < lowestMhz || stepMhz <= 0) {
                throw new IllegalArgumentException(
                        "clocks run from low to high, got " + lowestMhz + " .. " + highestMhz + " step " + stepMhz);
            }
        }
    }

    public Device {
        compute = Collections.unmodifiableMap(new LinkedHashMap<>(compute));
    }
}
