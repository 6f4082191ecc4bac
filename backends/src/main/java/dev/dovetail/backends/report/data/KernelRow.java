package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * A generated kernel.
 *
 * @param file relative to the output folder
 * @param work what it does, and on which shapes
 * @param builds what the compiler said, one for each function and architecture; empty where no compiler was at hand
 * @param time of one call on the device, where it was measured
 */
public record KernelRow(String name, String file, String work, List<Build> builds, Optional<Seconds> time) {

    /**
     * What {@code ptxas} reported.
     *
     * @param entry the function; a kernel may have several
     * @param architecture such as {@code sm_90}
     * @param registers of a thread
     * @param spills stored and loaded by a thread for want of registers
     */
    public record Build(String entry, String architecture, int registers, Bytes shared, Bytes spills) {}

    public KernelRow {
        builds = List.copyOf(builds);
    }
}
