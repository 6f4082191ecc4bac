package dev.dovetail.ir.reference;

import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.tensor.Dim;
import java.util.Map;

/**
 * Which elements of a tensor one rank keeps, and where in its arena.
 *
 * @param coordinates the rank's place along each axis
 */
record StatePlaces(StateEntry entry, Map<String, Integer> coordinates) {

    /** Sees an element: its place in the whole tensor taken flat, and its address in bytes. */
    @FunctionalInterface
    interface Visitor {
        void visit(int element, long address);
    }

    void forEach(Visitor visitor) {
        int[] elements = elementsOfLocalTensor();
        long begin = entry.sharded()
                .map(axis -> coordinates.get(axis) * entry.chunk())
                .orElse(0L);
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
        IndexSpace local = IndexSpace.over(entry.local().dims());
        int[] elements = new int[local.size()];
        int stride = 1;
        for (Dim dim : entry.type().dims().reversed()) {
            int first = (int) entry.firstAlong(dim.name()).evaluate(Map.of(), coordinates);
            double[] positions = local.positions(dim.name());
            for (int i = 0; i < elements.length; i++) {
                elements[i] += (first + (int) positions[i]) * stride;
            }
            stride *= (int) dim.bound();
        }
        return elements;
    }
}
