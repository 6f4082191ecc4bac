package dev.dovetail.runtime.rank;

import dev.dovetail.runtime.memory.ElementType;
import java.util.List;

/**
 * Where a rank keeps its part of one global tensor that outlives a step.
 *
 * <p>The part is a box of the global tensor, row-major; of the box, taken flat, the elements
 * {@code [first, first + count)} are held, densely, at {@code offset}. A tensor-parallel split is a box, a sharded
 * optimizer's piece is a flat range of it, a replica is both in full.
 *
 * @param tensor the parameter's name, the same on every rank and under every plan
 * @param kind which of the parameter's values
 * @param type element type in the arena
 * @param shape the global shape
 * @param start first index of the box in each dim
 * @param extent size of the box in each dim
 * @param first first held element of the flat box
 * @param count how many are held; 0 if none
 * @param offset where they are, in bytes into the arena
 * @param initial their value before the first step
 */
public record StateShard(
        String tensor,
        StateKind kind,
        ElementType type,
        List<Long> shape,
        List<Long> start,
        List<Long> extent,
        long first,
        long count,
        long offset,
        Initial initial) {
    public StateShard {
        shape = List.copyOf(shape);
        start = List.copyOf(start);
        extent = List.copyOf(extent);
        if (start.size() != shape.size() || extent.size() != shape.size()) {
            throw new IllegalArgumentException(tensor + ": box " + start + " + " + extent + " in shape " + shape);
        }
        for (int i = 0; i < shape.size(); i++) {
            if (start.get(i) < 0 || extent.get(i) < 0 || start.get(i) + extent.get(i) > shape.get(i)) {
                throw new IllegalArgumentException(
                        tensor + ": box " + start + " + " + extent + " leaves shape " + shape);
            }
        }
        long box = elements(extent);
        if (first < 0 || count < 0 || first + count > box) {
            throw new IllegalArgumentException(
                    tensor + ": elements " + first + " to " + (first + count) + " of a box of " + box);
        }
    }

    /** A whole tensor, as a single rank or a replica holds it. */
    public static StateShard whole(
            String tensor, StateKind kind, ElementType type, List<Long> shape, long offset, Initial initial) {
        List<Long> zero = shape.stream().map(extent -> 0L).toList();
        return new StateShard(tensor, kind, type, shape, zero, shape, 0, elements(shape), offset, initial);
    }

    /** A box of a tensor, as tensor parallelism cuts it. */
    public static StateShard box(
            String tensor,
            StateKind kind,
            ElementType type,
            List<Long> shape,
            List<Long> start,
            List<Long> extent,
            long offset,
            Initial initial) {
        return new StateShard(tensor, kind, type, shape, start, extent, 0, elements(extent), offset, initial);
    }

    /** Elements {@code [first, first + count)} of this part, kept at {@code offset}. */
    public StateShard range(long first, long count, long offset) {
        return new StateShard(tensor, kind, type, shape, start, extent, this.first + first, count, offset, initial);
    }

    /** The same part of another of the parameter's values. */
    public StateShard withKind(StateKind other) {
        return new StateShard(tensor, other, type, shape, start, extent, first, count, offset, initial);
    }

    /** The same part of a tensor of another name. */
    public StateShard named(String other) {
        return new StateShard(other, kind, type, shape, start, extent, first, count, offset, initial);
    }

    /** The same part, kept at {@code offset}. */
    public StateShard movedTo(long offset) {
        return range(0, count, offset);
    }

    /** Bytes held. */
    public long bytes() {
        return count * type.bytes();
    }

    /** Elements of a tensor of this shape. */
    public static long elements(List<Long> shape) {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }
}
