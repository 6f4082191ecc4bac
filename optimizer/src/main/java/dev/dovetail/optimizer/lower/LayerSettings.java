package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.shard.AxisMap;

/** What of a plan a layer's bodies depend on; layers with equal settings share their bodies. */
public record LayerSettings(
        AxisMap tensor, AxisMap context, int dataRanks, Shard shard, Recompute recompute, Precision precision) {

    /** Parts that flat parameter stretches are cut into: one per data rank where {@code state} is sharded. */
    boolean shards(Shard state) {
        return shard.compareTo(state) >= 0 && dataRanks > 1;
    }
}
