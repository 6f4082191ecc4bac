package dev.dovetail.grammar.resolve;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.Quantity;
import java.util.Optional;

/** {@code price} and {@code grid} of a job take the place of what its cluster says. */
final class Prices {
    private Prices() {}

    static Cluster applied(Cluster cluster, Settings job) {
        Optional<DollarsPerHour> price = job.quantity("price").map(Quantity::asDollarsPerHour);
        return new Cluster(
                cluster.name(),
                cluster.groups().stream().map(group -> priced(group, price)).toList(),
                cluster.network(),
                job.has("grid") ? ClusterReader.grid(job) : cluster.grid(),
                cluster.failures(),
                cluster.thisMachine(),
                cluster.inputHosts(),
                cluster.origin());
    }

    private static NodeGroup priced(NodeGroup group, Optional<DollarsPerHour> price) {
        if (price.isEmpty()) {
            return group;
        }
        Node node = group.node();
        Device device = node.device();
        Device priced = new Device(
                device.name(),
                device.memory(),
                device.bandwidth(),
                device.compute(),
                device.attainable(),
                device.family(),
                device.power(),
                device.clocks(),
                price,
                device.narrow());
        Node same = new Node(
                node.name(),
                node.devices(),
                priced,
                node.within(),
                node.domain(),
                node.scaleOut(),
                node.host(),
                node.storage());
        return new NodeGroup(group.count(), same, group.origin());
    }
}
