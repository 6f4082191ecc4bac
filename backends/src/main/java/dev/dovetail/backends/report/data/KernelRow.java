package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * A generated kernel.
 *
 * @param file relative to the output folder
 * @param shape what it was specialised to
 * @param builds what the compiler said, one for each architecture; empty where no compiler was at hand
 * @param time of one call on the device, where it was measured
 */
public record KernelRow(String name, String file, String shape, List<Build> builds, Optional<Seconds> time) {

    /**
     * What {@code ptxas} reported.
     *
     * @param architecture such as {@code sm_90}
     * @param registers of a thread
     * @param spills stored and loaded by a thread for want of registers
     */
    public record Build(String architecture, int registers, Bytes shared, Bytes spills) {}

    public KernelRow {
        builds = List.copyOf(builds);
    }
}
