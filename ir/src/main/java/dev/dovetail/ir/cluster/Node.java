package dev.dovetail.ir.cluster;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import java.util.Optional;

/**
 * Devices that share a host.
 *
 * @param domain devices that reach each other over {@code within}; larger than {@code devices} where the scale-up network
 *     spans nodes (72 in an NVL72 rack)
 * @param scaleOut bandwidth out of the node for each device, each way
 */
public record Node(
        String name,
        int devices,
        Device device,
        Link within,
        int domain,
        BytesPerSecond scaleOut,
        Optional<Host> host,
        Optional<Storage> storage) {

    /** The host's memory and cores. */
    public record Host(Bytes memory, BytesPerSecond bandwidth, int cores) {}

    /** Local drives. */
    public record Storage(Bytes size, BytesPerSecond read, BytesPerSecond write) {}

    public Node {
        if (devices < 1 || domain < devices) {
            throw new IllegalArgumentException(
                    name + " has " + devices + " devices in a domain of " + domain + "; a domain holds whole nodes");
        }
    }
}
