package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import java.util.List;

/**
 * A level of the network and what is expected to travel over it in a step.
 *
 * @param name of the link, such as {@code nvswitch3}
 * @param joins what it joins, in words
 * @param bandwidth of one device, each way
 */
public record LinkTraffic(String name, String joins, BytesPerSecond bandwidth, List<AxisTraffic> axes) {

    /**
     * What ranks along a mesh axis send.
     *
     * @param ways ranks that exchange with each other
     * @param mean bytes that one rank sends
     * @param most bytes that a rank of the busiest stage sends
     */
    public record AxisTraffic(String axis, int ways, Bytes mean, Bytes most) {}

    public LinkTraffic {
        axes = List.copyOf(axes);
    }
}
