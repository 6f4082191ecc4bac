package dev.dovetail.ir.program;

import dev.dovetail.ir.tensor.TensorType;

/**
 * A tensor at a place in the rank's arena.
 *
 * @param offset bytes from the arena's start, in terms of the variables of the body that uses it
 */
public record Buffer(String name, TensorType type, MemoryPart part, IndexExpr offset) {

    /** Every buffer starts on a cache line. */
    public static final long ALIGNMENT = 64;

    /** Bytes rounded up to the alignment: what the buffer takes in the arena. */
    public long reserved() {
        return reserved(type);
    }

    public static long reserved(TensorType type) {
        return aligned(type.bytes());
    }

    public static long aligned(long bytes) {
        return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    }

    @Override
    public String toString() {
        return name + "@" + offset;
    }
}
