package dev.dovetail.ir.program;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A tensor that outlives a step, and the part of it this rank keeps.
 *
 * <p>The rank's local tensor (the whole one, or what cuts along mesh axes leave of it) lies flat in a block of parameters, from
 * element {@code blockFirst} on. Of the block, the rank at coordinate c of the axis it is sharded over keeps the elements {@code
 * [c · chunk, (c + 1) · chunk)}, and all {@code chunk} elements where it is not sharded.
 *
 * @param parameter full name, the same under every plan
 * @param type the global tensor, with the element type this state is stored as
 * @param cuts how mesh axes split it, one after the other
 * @param blockFirst where the local tensor starts in its block, in elements
 * @param chunk elements of the block that a rank keeps
 * @param sharded the axis whose ranks each keep their own chunk; empty where all keep the same
 * @param offset where the kept part of the block starts, in bytes into the arena
 */
public record StateEntry(
        String parameter,
        Kind kind,
        TensorType type,
        List<Cut> cuts,
        Initializer initializer,
        long blockFirst,
        long chunk,
        Optional<String> sharded,
        long offset) {

    /** The rank at coordinate c along {@code axis} holds the cth of {@code ways} equal pieces of what there is along {@code dim}. */
    public record Cut(String axis, int ways, String dim) {}

    public StateEntry {
        cuts = List.copyOf(cuts);
    }

    /** The cuts that these axes make in a parameter, one after the other. */
    public static List<Cut> cuts(TensorType type, List<AxisMap> axes) {
        var cuts = new ArrayList<Cut>();
        for (AxisMap axis : axes) {
            if (axis.ways() > 1 && axis.parameter(type) instanceof Placement.Split split) {
                cuts.add(new Cut(axis.axis(), axis.ways(), split.dim()));
            }
        }
        return cuts;
    }

    /** What the cuts leave of the whole tensor. */
    public TensorType local() {
        TensorType left = type;
        for (Cut cut : cuts) {
            left = left.withExtent(cut.dim(), left.dim(cut.dim()).extent().dividedBy(cut.ways()));
        }
        return left;
    }

    /** Where the local tensor begins in the whole one, along {@code dim}. */
    public IndexExpr firstAlong(String dim) {
        IndexExpr first = IndexExpr.of(0);
        TensorType left = type;
        for (Cut cut : cuts) {
            left = left.withExtent(cut.dim(), left.dim(cut.dim()).extent().dividedBy(cut.ways()));
            if (cut.dim().equals(dim)) {
                first = first.plus(
                        new IndexExpr.Coordinate(cut.axis()).times(left.dim(dim).bound()));
            }
        }
        return first;
    }

    /** Which value kept per parameter. */
    public enum Kind {
        WEIGHT,
        FIRST_MOMENT,
        SECOND_MOMENT,
        /** The optimizer's own exact weights, where the model computes with narrower ones. */
        MASTER
    }
}
