package dev.dovetail.optimizer.search;

import java.util.List;

/**
 * Devices of several kinds in terms of the roomiest: one that has less is one of those of which so many bytes are taken. So one
 * limit on memory holds for all.
 *
 * @param nodes by stage, its kind of node, from 1; empty where all are alike, or it is open
 * @param bytes by kind of node
 */
record Lacking(List<Integer> nodes, List<Long> bytes) {
    static final Lacking NOTHING = new Lacking(List.of(), List.of());

    long on(int stage) {
        return nodes.isEmpty() ? 0 : bytes.get(nodes.get(stage) - 1);
    }

    /** What each of so many stages may hold. */
    long[] capacities(int stages, long roomiest) {
        long[] capacities = new long[stages];
        for (int stage = 0; stage < stages; stage++) {
            capacities[stage] = roomiest == Long.MAX_VALUE ? roomiest : roomiest - on(stage);
        }
        return capacities;
    }
}
