package dev.dovetail.optimizer.law;

/**
 * What NCCL expects of the algorithms it has for an all-reduce between nodes, by which it chooses (src/graph/tuning.cc,
 * ncclTopoTuneModel, of 2.28): base latencies, latencies of a step inside a node and between nodes, and shares of the bus that its
 * protocols reach, LL128 with 120 of 128 bytes. They are its expectations, not what an exchange takes.
 */
final class NcclChoice {
    private static final double MICRO = 1e-6;

    private NcclChoice() {}

    /** Time of a message's first byte once around a ring of all ranks. */
    static double aroundRing(int ranks, int nodes) {
        return MICRO * (3.4 * (ranks - nodes) + 14 * nodes);
    }

    /**
     * Whether it sends an all-reduce through a tree of nodes.
     *
     * @param bytes of each rank's operand
     * @param bus bytes a second that a node sends to others
     */
    static boolean takesTree(double bytes, int ranks, int nodes, double bus) {
        int between = 2 * (nodes - 1);
        int inside = 2 * (ranks - 1) - between;
        double share = ranks / (2.0 * (ranks - 1));
        double narrowRing = MICRO * (14 + 1.9 * inside + 4 * between) + bytes / (0.92 * share * bus);
        double plainRing = MICRO * (8.4 + 3.4 * inside + 14 * between) + bytes / (share * bus);
        double levels = Math.floor(Math.log(nodes) / Math.log(2));
        double tree = MICRO * (14 + 2 * (1.25 * (ranks / (double) nodes - 1) + 8.5 * levels))
                + bytes / (0.92 * 120 / 128 * 0.5 * bus);
        return tree < Math.min(narrowRing, plainRing);
    }
}
