package dev.dovetail.ir.program;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.TensorType;

/**
 * A tensor that outlives a step, and the part of it this rank keeps.
 *
 * <p>The rank's local tensor (the whole one, or its shard along the tensor axis) lies flat in a block of parameters, from
 * element {@code blockFirst} on. Of the block, the rank at data coordinate c keeps the elements {@code [c · chunk, (c + 1) ·
 * chunk)} where the state is sharded over data, and all {@code chunk} elements where it is not.
 *
 * @param parameter full name, the same under every plan
 * @param type the global tensor, with the element type this state is stored as
 * @param placement how the tensor axis splits it
 * @param blockFirst where the local tensor starts in its block, in elements
 * @param chunk elements of the block that a rank keeps
 * @param sharded whether each data rank keeps its own chunk
 * @param offset where the kept part of the block starts, in bytes into the arena
 */
public record StateEntry(
        String parameter,
        Kind kind,
        TensorType type,
        Placement placement,
        Initializer initializer,
        long blockFirst,
        long chunk,
        boolean sharded,
        long offset) {

    /** Which value kept per parameter. */
    public enum Kind {
        WEIGHT,
        FIRST_MOMENT,
        SECOND_MOMENT,
        /** The optimizer's own exact weights, where the model computes with narrower ones. */
        MASTER
    }
}
