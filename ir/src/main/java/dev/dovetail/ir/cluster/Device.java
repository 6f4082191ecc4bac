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
 * @param family devices of one family are built alike, and take operators alike
 * @param clocks the frequencies it can be set to; empty where the catalogue lists none
 * @param narrow peak rate of products of narrower operands than are stored
 */
public record Device(
        String name,
        Bytes memory,
        BytesPerSecond bandwidth,
        Map<ElementType, FlopsPerSecond> compute,
        double attainable,
        Family family,
        Power power,
        Optional<Clocks> clocks,
        Optional<DollarsPerHour> price,
        Map<Narrow, FlopsPerSecond> narrow) {

    /** What tensor cores multiply that nothing is stored as. */
    public enum Narrow {
        FP8,
        FP4
    }

    /** Generations of accelerators that operator measurements tell apart. */
    public enum Family {
        VOLTA,
        AMPERE,
        ADA,
        HOPPER,
        BLACKWELL,
        TPU,
        OTHER
    }

    /**
     * Draw at rest and under load; a datasheet's board power, not a measurement.
     *
     * @param limit the board's
     * @param cap what operators let it draw, at most the limit
     */
    public record Power(Watts idle, Watts limit, Watts cap) {
        public Power {
            if (cap.value() > limit.value() || cap.value() < idle.value()) {
                throw new IllegalArgumentException("a power cap lies between draw at rest and the board's limit, got "
                        + cap + " between " + idle + " and " + limit);
            }
        }

        public Power(Watts idle, Watts limit) {
            this(idle, limit, limit);
        }
    }

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
        narrow = Collections.unmodifiableMap(new LinkedHashMap<>(narrow));
    }

    /** A device that multiplies what is stored alone. */
    public Device(
            String name,
            Bytes memory,
            BytesPerSecond bandwidth,
            Map<ElementType, FlopsPerSecond> compute,
            double attainable,
            Family family,
            Power power,
            Optional<Clocks> clocks,
            Optional<DollarsPerHour> price) {
        this(name, memory, bandwidth, compute, attainable, family, power, clocks, price, Map.of());
    }
}
