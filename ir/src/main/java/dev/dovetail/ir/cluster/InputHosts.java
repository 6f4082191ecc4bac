package dev.dovetail.ir.cluster;

import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.DollarsPerHour;
import java.util.Optional;

/**
 * Machines without accelerators that samples come from, or pass on their way.
 *
 * @param helpers that only prepare samples
 * @param storage that samples lie on; where absent, they lie on the drives of whoever reads them
 */
public record InputHosts(Optional<Hosts> helpers, Optional<Hosts> storage) {
    public static final InputHosts NONE = new InputHosts(Optional.empty(), Optional.empty());

    /**
     * Machines alike.
     *
     * @param cores of each that may prepare samples; 0 where none may
     * @param network of each, each way
     * @param read what the drives of each give; absent for machines without
     * @param price of each
     */
    public record Hosts(
            int count,
            int cores,
            BytesPerSecond network,
            Optional<BytesPerSecond> read,
            Optional<DollarsPerHour> price) {
        public Hosts {
            if (count < 1 || cores < 0) {
                throw new IllegalArgumentException(count + " hosts of " + cores + " cores");
            }
        }
    }
}
