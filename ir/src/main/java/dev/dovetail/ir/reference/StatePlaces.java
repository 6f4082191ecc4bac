package dev.dovetail.ir.reference;

import dev.dovetail.ir.program.StateEntry;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Map;
import java.util.stream.Collectors;

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
        TensorType local = entry.local();
        DoubleTensor numbered = DoubleTensor.zeros(entry.type());
        for (int i = 0; i < numbered.values().length; i++) {
            numbered.values()[i] = i;
        }
        Map<String, Integer> first = local.dims().stream().collect(Collectors.toMap(Dim::name, dim ->
                (int) entry.firstAlong(dim.name()).evaluate(Map.of(), coordinates)));
        int[] elements = new int[Math.toIntExact(local.elements())];
        int[] next = new int[1];
        IndexSpace.over(local.dims())
                .forEach(point -> elements[next[0]++] = (int) numbered.at(dim -> point.along(dim) + first.get(dim)));
        return elements;
    }
}
