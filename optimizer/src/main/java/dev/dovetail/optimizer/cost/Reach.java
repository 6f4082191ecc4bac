package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Seconds;

/**
 * How the ranks along a mesh axis reach each other. Ranks fill nodes in the order of the mesh: tensor ranks are neighbours,
 * then data ranks, then pipeline stages.
 *
 * @param members ranks of the axis inside one scale-up domain
 * @param bandwidth bytes each rank can send a second while all of them do, before any share is deducted
 * @param latency of one hop
 */
record Reach(boolean inside, int ways, int members, BytesPerSecond bandwidth, Seconds latency) {

    /** Scale-up domains that its ranks are in. */
    int domains() {
        return Math.ceilDiv(ways, members);
    }

    static Reach along(String axis, MeshShape mesh, Cluster cluster) {
        Node node = cluster.node();
        int ways = mesh.size(axis);
        int stride = mesh.stride(axis);
        int span = Math.multiplyExact(ways, stride);
        if (span <= node.domain()) {
            return new Reach(
                    true, ways, ways, node.within().bandwidth(), node.within().latency());
        }
        int members = Math.max(1, node.domain() / stride);
        return outside(cluster, ways, members);
    }

    /** Between neighbours along the axis, for a message. */
    static Reach neighbours(String axis, MeshShape mesh, Cluster cluster) {
        Reach all = along(axis, mesh, cluster);
        return all.inside() ? all : abroad(cluster);
    }

    /** Between two devices that share no node. */
    static Reach abroad(Cluster cluster) {
        return outside(cluster, 2, 1);
    }

    /** The same where members of a node only use one card together, unless they pool them. */
    Reach pooling(boolean pooled, Cluster cluster) {
        return pooled || inside ? this : outside(cluster, ways, 1);
    }

    /** Members of one node pool their network cards, which the fast links inside must be able to feed. */
    private static Reach outside(Cluster cluster, int ways, int members) {
        Node node = cluster.node();
        BytesPerSecond cards = node.scaleOut().times(members / cluster.network().oversubscription());
        return new Reach(
                false,
                ways,
                members,
                members > 1 ? cards.min(node.within().bandwidth()) : cards,
                cluster.network().latency());
    }
}
