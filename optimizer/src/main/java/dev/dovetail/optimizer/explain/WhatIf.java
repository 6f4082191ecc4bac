package dev.dovetail.optimizer.explain;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A change of hardware worth asking about.
 *
 * @param name for people, such as {@code twice the network}
 */
public record WhatIf(String name, UnaryOperator<Cluster> change) {

    /** For clusters described by their figures. */
    public static List<WhatIf> standard() {
        return List.of(
                new WhatIf("1 GB more memory on each device", cluster -> onNode(cluster, WhatIf::anotherGigabyte)),
                new WhatIf("10% more memory on each device", cluster -> onNode(cluster, WhatIf::moreMemory)),
                new WhatIf("one more network card in each node", cluster -> onNode(cluster, WhatIf::anotherCard)),
                new WhatIf("twice the bandwidth inside a node", cluster -> onNode(cluster, WhatIf::fasterInside)),
                new WhatIf("twice the bandwidth between nodes", cluster -> onNode(cluster, WhatIf::fasterOutside)),
                new WhatIf("twice the memory bandwidth", cluster -> onNode(cluster, WhatIf::fasterMemory)),
                new WhatIf(
                        "one more node",
                        cluster -> cluster.withNodes(
                                1 + cluster.groups().getFirst().count())),
                new WhatIf(
                        "twice the nodes",
                        cluster -> cluster.withNodes(
                                2 * cluster.groups().getFirst().count())));
    }

    private static Cluster onNode(Cluster c, UnaryOperator<Node> change) {
        var groups = c.groups().stream()
                .map(group -> new NodeGroup(group.count(), change.apply(group.node()), group.origin()))
                .toList();
        return c.withGroups(groups);
    }

    private static Node anotherGigabyte(Node node) {
        Device d = node.device();
        double share = 1 + Bytes.of(1_000_000_000).ratioTo(d.memory());
        return with(node, device(d, share, d.bandwidth()), node.within(), node.scaleOut());
    }

    /** Nodes have a card for each device, and share them. */
    private static Node anotherCard(Node node) {
        double share = 1 + 1.0 / node.devices();
        return with(node, node.device(), node.within(), node.scaleOut().times(share));
    }

    private static Node moreMemory(Node node) {
        Device d = node.device();
        return with(node, device(d, 1.1, d.bandwidth()), node.within(), node.scaleOut());
    }

    private static Node fasterMemory(Node node) {
        Device d = node.device();
        return with(node, device(d, 1, d.bandwidth().times(2)), node.within(), node.scaleOut());
    }

    private static Node fasterInside(Node node) {
        Link link = node.within();
        var faster = new Link(link.name(), link.bandwidth().times(2), link.latency());
        return with(node, node.device(), faster, node.scaleOut());
    }

    private static Node fasterOutside(Node node) {
        return with(node, node.device(), node.within(), node.scaleOut().times(2));
    }

    private static Device device(Device d, double memory, BytesPerSecond bandwidth) {
        return new Device(
                d.name(),
                d.memory().scaled(memory),
                bandwidth,
                d.compute(),
                d.attainable(),
                d.family(),
                d.power(),
                d.clocks(),
                d.price(),
                d.narrow());
    }

    private static Node with(Node n, Device device, Link within, BytesPerSecond scaleOut) {
        return new Node(n.name(), n.devices(), device, within, n.domain(), scaleOut, n.host(), n.storage());
    }
}
