package dev.dovetail.ir.cluster;

import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.DollarsPerKilowattHour;
import dev.dovetail.ir.units.GramsPerKilowattHour;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Machines to run on: groups of nodes and what joins them, or the machine at hand. */
public record Cluster(
        String name,
        List<NodeGroup> groups,
        Network network,
        Grid grid,
        Optional<Failures> failures,
        Optional<ThisMachine> thisMachine,
        InputHosts inputHosts,
        Origin origin) {

    /** {@code count} nodes of one kind. */
    public record NodeGroup(int count, Node node, Origin origin) {}

    /** How nodes are joined. */
    public record Network(NetworkKind kind, int rails, double oversubscription, Seconds latency) {
        /** A non-blocking fat tree; 5 us is a switch path of three hops with RDMA. */
        public static final Network FULL = new Network(NetworkKind.FAT_TREE, 8, 1, Seconds.ofMicros(5));
    }

    /** Families of network. */
    public enum NetworkKind {
        FAT_TREE,
        RAIL_ONLY
    }

    /** What energy costs; absent figures leave money and carbon of energy out. */
    public record Grid(
            Optional<DollarsPerKilowattHour> price,
            Optional<GramsPerKilowattHour> carbon,
            double powerUsageEffectiveness) {
        public static final Grid UNKNOWN = new Grid(Optional.empty(), Optional.empty(), 1);
    }

    /** The machine that Dovetail runs on, cut into rank slots and measured by calibration. */
    public record ThisMachine(int workers, int cores) {}

    public Cluster {
        groups = List.copyOf(groups);
    }

    /** Nodes joined by a full fat tree, of which nothing else is known. */
    public static Cluster of(String name, List<NodeGroup> groups, Origin origin) {
        return new Cluster(
                name, groups, Network.FULL, Grid.UNKNOWN, Optional.empty(), Optional.empty(), InputHosts.NONE, origin);
    }

    /** The same cluster of other nodes. */
    public Cluster withGroups(List<NodeGroup> others) {
        return new Cluster(name, others, network, grid, failures, thisMachine, inputHosts, origin);
    }

    /** The same cluster with other machines around it. */
    public Cluster withInputHosts(InputHosts others) {
        return new Cluster(name, groups, network, grid, failures, thisMachine, others, origin);
    }

    public int devices() {
        int sum = 0;
        for (NodeGroup group : groups) {
            sum += group.count() * group.node().devices();
        }
        return sum;
    }

    /** The same cluster with {@code count} nodes in its first group. */
    public Cluster withNodes(int count) {
        var changed = new ArrayList<>(groups);
        NodeGroup first = groups.getFirst();
        changed.set(0, new NodeGroup(count, first.node(), first.origin()));
        return withGroups(changed);
    }

    /** The node kind of a cluster of one kind; of several the first. */
    public Node node() {
        return groups.getFirst().node();
    }

    /**
     * The kind of node that a stage of a plan runs on.
     *
     * @param nodes by stage, from 1; empty where all are alike
     */
    public Node node(List<Integer> nodes, int stage) {
        return nodes.isEmpty() ? node() : groups.get(nodes.get(stage) - 1).node();
    }

    /** Whether its nodes are of several kinds. */
    public boolean mixed() {
        return groups.size() > 1;
    }

    /** The nodes of one kind alone, with the network and the prices of all. */
    public Cluster only(int group) {
        return withGroups(List.of(groups.get(group)));
    }
}
