package dev.dovetail.ir.shard;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Value;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What one rank of an axis computes: operators on shards, with the exchanges between them.
 *
 * @param graph local types throughout; inputs and parameters keep the ids of the whole graph, outputs its order
 * @param placements how each value of the whole graph is held, by its id there
 * @param shardStarts launch symbols that stand for the first position of the rank's shard
 * @param pendingSums outputs that are partial sums over the axis, to be added once for the whole step (parameter gradients)
 */
public record LocalGraph(
        Graph graph, Map<Integer, Placement> placements, Map<String, ShardStart> shardStarts, Set<Value> pendingSums) {

    /** The first position of a rank's shard: its coordinate along {@code axis} times {@code extent}. */
    public record ShardStart(String axis, long extent) {}

    public LocalGraph {
        placements = Collections.unmodifiableMap(new LinkedHashMap<>(placements));
        shardStarts = Collections.unmodifiableMap(new LinkedHashMap<>(shardStarts));
        pendingSums = Set.copyOf(pendingSums);
    }
}
