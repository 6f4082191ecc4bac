package dev.dovetail.cli.compile;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code this machine} as a cluster of one node, whose devices are rank slots with a share of its cores and memory. */
final class MachineCluster {
    /** Share of the physical memory that ranks may take; the rest is for Java itself, the system and other programs. */
    private static final double USABLE_MEMORY = 0.7;

    private MachineCluster() {}

    static Cluster of(Cluster cluster, MachineProfile profile) {
        int workers = cluster.thisMachine().orElseThrow().workers();
        double share = Math.min(1, (double) profile.cores() / workers);
        Map<ElementType, FlopsPerSecond> compute = new LinkedHashMap<>();
        profile.fmaFlops().forEach(c -> compute.put(c.element(), new FlopsPerSecond(c.flopsPerSecond() * share)));
        // Vectors hold half as many numbers of twice the width.
        compute.computeIfAbsent(
                ElementType.F64,
                type -> new FlopsPerSecond(compute.get(ElementType.F32).value() / 2));
        var device = new Device(
                profile.processor(),
                new Bytes((long) (profile.memoryBytes() * USABLE_MEMORY / workers)),
                new BytesPerSecond(profile.copyBytesPerSecond() * share),
                compute,
                1,
                Device.Family.OTHER,
                new Device.Power(new Watts(0), new Watts(0)),
                Optional.empty(),
                Optional.empty());
        var bandwidth = new BytesPerSecond(1 / profile.message().sendSecondsPerByte());
        var link = new Link("memory", bandwidth, Seconds.of(profile.message().latencySeconds()));
        var node =
                new Node("this machine", workers, device, link, workers, bandwidth, Optional.empty(), Optional.empty());
        return cluster.withGroups(List.of(new Cluster.NodeGroup(1, node, cluster.origin())));
    }
}
