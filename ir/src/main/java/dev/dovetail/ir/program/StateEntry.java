package dev.dovetail.ir.program;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.TensorType;

/**
 * A tensor that outlives a step, and the part of it this rank keeps: of the rank's local tensor (the whole one, or its shard
 * along the tensor axis) taken flat, the elements {@code [first, first + count)}.
 *
 * @param parameter full name, the same under every plan
 * @param type the global tensor
 * @param placement how the tensor axis splits it
 * @param first first local element kept; may depend on the data coordinate
 * @param count elements kept at most; fewer where the local tensor ends
 * @param offset where they lie, in bytes into the arena
 */
public record StateEntry(
        String parameter,
        Kind kind,
        TensorType type,
        Placement placement,
        Initializer initializer,
        IndexExpr first,
        long count,
        IndexExpr offset) {

    /** Which value kept per parameter. */
    public enum Kind {
        WEIGHT,
        FIRST_MOMENT,
        SECOND_MOMENT
    }
}
