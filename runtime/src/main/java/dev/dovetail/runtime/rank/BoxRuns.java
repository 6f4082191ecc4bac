package dev.dovetail.runtime.rank;

import java.util.List;

/** Walks the held elements of a {@link StateShard} as runs that are contiguous in the global tensor and in memory. */
public final class BoxRuns {
    private BoxRuns() {}

    /** A run: where it begins in the flat global tensor, how many held elements precede it, and how long it is. */
    @FunctionalInterface
    public interface Visitor {
        void run(long globalIndex, long heldIndex, long length);
    }

    public static void visit(StateShard shard, Visitor visitor) {
        List<Long> shape = shard.shape();
        int inner = innermostRun(shard);
        long runLength = 1;
        for (int i = inner; i < shape.size(); i++) {
            runLength *= shard.extent().get(i);
        }
        long held = 0;
        while (held < shard.count()) {
            long boxIndex = shard.first() + held;
            long within = boxIndex % runLength;
            long length = Math.min(runLength - within, shard.count() - held);
            visitor.run(globalIndex(shard, boxIndex), held, length);
            held += length;
        }
    }

    /** The outermost dim from which on the box is contiguous: all dims after it are whole. */
    private static int innermostRun(StateShard shard) {
        int dim = shard.shape().size() - 1;
        while (dim > 0 && shard.extent().get(dim).equals(shard.shape().get(dim))) {
            dim--;
        }
        return Math.max(dim, 0);
    }

    /** Where element {@code boxIndex} of the flat box is in the flat global tensor. */
    public static long globalIndex(StateShard shard, long boxIndex) {
        long rest = boxIndex;
        long stride = 1;
        long index = 0;
        for (int i = shard.shape().size() - 1; i >= 0; i--) {
            long extent = shard.extent().get(i);
            index += (shard.start().get(i) + rest % extent) * stride;
            rest /= extent;
            stride *= shard.shape().get(i);
        }
        return index;
    }
}
