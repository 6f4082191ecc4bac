package dev.dovetail.ir.shard;

import dev.dovetail.ir.tensor.TensorType;

/** How the ranks of one mesh axis hold a tensor. */
public sealed interface Placement {
    /** Every rank holds all of it. */
    record Whole() implements Placement {}

    /** Each rank holds one contiguous shard along {@code dim}. */
    record Split(String dim) implements Placement {}

    Placement WHOLE = new Whole();

    /** What one of {@code ways} ranks stores. */
    default TensorType local(TensorType type, int ways) {
        return switch (this) {
            case Whole w -> type;
            case Split s -> type.withExtent(s.dim(), type.dim(s.dim()).extent().dividedBy(ways));
        };
    }
}
