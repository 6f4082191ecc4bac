package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.lower.ParameterBlock.Copies;
import java.util.List;
import java.util.stream.Stream;

/**
 * What of a plan a layer's bodies depend on; layers with equal settings share their bodies.
 *
 * @param context neighbours that share each sequence
 * @param experts how ranks with sequences of their own share the experts
 * @param dataRanks all ranks of the data axis, of which those that share sequences or experts are parts
 * @param group those of them that shard state among themselves
 * @param splitsBackward whether products for the gradients of weights wait for a pass of their own
 * @param beside what lies beside the arena
 */
public record LayerSettings(
        AxisMap tensor,
        AxisMap context,
        ExpertSharing experts,
        int dataRanks,
        int group,
        Shard shard,
        Recompute recompute,
        boolean splitsBackward,
        Beside beside,
        Precision precision) {

    LayerSettings with(Recompute other) {
        return new LayerSettings(
                tensor, context, experts, dataRanks, group, shard, other, splitsBackward, beside, precision);
    }

    /** Of a layer without experts: no queue is cut in stretches. */
    LayerSettings inOneStretch() {
        return new LayerSettings(
                tensor,
                context,
                experts.overlapping(1),
                dataRanks,
                group,
                shard,
                recompute,
                splitsBackward,
                beside,
                precision);
    }

    /** Of an embedding or a head: what they save is kept, and their gradients are made in one pass. */
    LayerSettings ofEnds() {
        return new LayerSettings(
                tensor, context, experts, dataRanks, group, shard, Recompute.NONE, false, beside.ofEnds(), precision);
    }

    /** Axes that split a layer, in the order in which they do: each splits what those before it leave. */
    List<AxisMap> axes() {
        return Stream.concat(Stream.of(context, tensor), experts.axes().stream())
                .toList();
    }

    /** Ranks that hold copies of what all data ranks have. */
    Copies copies() {
        return copies(dataRanks, group);
    }

    /** @param group of the data ranks that shard state among themselves */
    public static Copies copies(int dataRanks, int group) {
        return group < dataRanks
                ? new Copies(MeshShape.SHARD, group, dataRanks / group)
                : new Copies(MeshShape.DATA, dataRanks);
    }

    /** Ranks that hold copies of the same experts. */
    Copies expertCopies() {
        return new Copies(MeshShape.EXPERT_DATA, Math.max(1, dataRanks / experts.ranks()));
    }

    /** Whether only some of the data ranks have this parameter. */
    boolean isOfSome(TensorType parameter) {
        return Stream.concat(Stream.of(context), experts.axes().stream())
                .anyMatch(axis -> axis.parameter(parameter) instanceof Placement.Split);
    }

    /** Whether a layer with these blocks keeps its gradients beside the arena: a table's are summed with its copies', in the arena. */
    boolean keepsGradientsBeside(List<ParameterBlock> blocks) {
        return beside.what().gradients() && blocks.stream().noneMatch(ParameterBlock::isTied);
    }

    /** Whether ranks keep shares of this state of a block instead of copies. */
    boolean shards(ParameterBlock block, Shard state) {
        return shard.compareTo(state) >= 0 && block.copies().ranks() > 1;
    }
}
