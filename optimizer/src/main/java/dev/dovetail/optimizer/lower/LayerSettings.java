package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.optimizer.lower.ParameterBlock.Copies;
import java.util.List;

/**
 * What of a plan a layer's bodies depend on; layers with equal settings share their bodies.
 *
 * @param context neighbours that share each sequence
 * @param expert neighbours that share the experts, each with sequences of its own
 * @param dataRanks all ranks of the data axis, of which context and expert are parts
 */
public record LayerSettings(
        AxisMap tensor,
        AxisMap context,
        AxisMap expert,
        int dataRanks,
        Shard shard,
        Recompute recompute,
        Precision precision) {

    /** Axes that split a layer, in the order in which they do: each splits what those before it leave. */
    List<AxisMap> axes() {
        return List.of(context, tensor, expert);
    }

    /** Ranks that hold copies of what all data ranks have. */
    Copies copies() {
        return new Copies(MeshShape.DATA, dataRanks);
    }

    /** Ranks that hold copies of the same experts. */
    Copies expertCopies() {
        return new Copies(MeshShape.EXPERT_DATA, Math.max(1, dataRanks / expert.ways()));
    }

    /** Whether ranks keep shares of this state of a block instead of copies. */
    boolean shards(ParameterBlock block, Shard state) {
        return shard.compareTo(state) >= 0 && block.copies().ranks() > 1;
    }
}
