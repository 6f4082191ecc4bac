package dev.dovetail.ir.reference;

import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.shard.Placement;
import dev.dovetail.ir.tensor.TensorType;

/**
 * Which elements of a tensor one rank keeps, and where in its arena.
 *
 * @param ways ranks along the tensor axis
 * @param tensor the rank's place along the tensor axis
 * @param data the rank's place along the data axis
 */
record StatePlaces(StateEntry entry, int ways, int tensor, int data) {

    /** Sees an element: its place in the whole tensor taken flat, and its address in bytes. */
    @FunctionalInterface
    interface Visitor {
        void visit(int element, long address);
    }

    void forEach(Visitor visitor) {
        int[] elements = elementsOfLocalTensor();
        long begin = entry.sharded() ? data * entry.chunk() : 0;
        for (int i = 0; i < elements.length; i++) {
            long inChunk = entry.blockFirst() + i - begin;
            if (inChunk >= 0 && inChunk < entry.chunk()) {
                visitor.visit(
                        elements[i],
                        entry.offset() + inChunk * entry.type().element().bytes());
            }
        }
    }

    /** The places of the local tensor's elements in the whole one. */
    private int[] elementsOfLocalTensor() {
        TensorType local = entry.placement().local(entry.type(), ways);
        DoubleTensor numbered = DoubleTensor.zeros(entry.type());
        for (int i = 0; i < numbered.values().length; i++) {
            numbered.values()[i] = i;
        }
        int[] elements = new int[Math.toIntExact(local.elements())];
        int[] next = new int[1];
        IndexSpace.over(local.dims())
                .forEach(point ->
                        elements[next[0]++] = (int) numbered.at(dim -> point.along(dim) + firstAlong(dim, local)));
        return elements;
    }

    private int firstAlong(String dim, TensorType local) {
        boolean isSplit = entry.placement() instanceof Placement.Split split
                && split.dim().equals(dim);
        return isSplit ? tensor * (int) local.dim(dim).bound() : 0;
    }
}
