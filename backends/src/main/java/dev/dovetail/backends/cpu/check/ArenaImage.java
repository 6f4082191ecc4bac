package dev.dovetail.backends.cpu.check;

import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A small arena as a rank would have it: tensors at 64-byte offsets, stored at the bound of each dim, with a poisoned gap
 * after each, so that a write outside a tensor and a read of an element that does not exist both show.
 */
final class ArenaImage {
    private static final byte POISON = (byte) 0xFF;
    private static final long ALIGNMENT = 64;
    private static final long GAP = 256;

    private final MemorySegment memory;
    private final List<TensorType> types;
    private final List<Long> offsets = new ArrayList<>();

    /** Every byte starts as poison: NaN as a number, -1 as an integer. */
    ArenaImage(Arena arena, List<TensorType> types) {
        this.types = List.copyOf(types);
        long end = GAP;
        for (TensorType type : types) {
            offsets.add(end);
            end = (end + type.bytes() + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        memory = arena.allocate(end, ALIGNMENT).fill(POISON);
    }

    MemorySegment memory() {
        return memory;
    }

    List<Long> offsets() {
        return List.copyOf(offsets);
    }

    /** Writes values of at most the bound's extents into tensor {@code at}. */
    void write(int at, DoubleTensor values) {
        int[] places = IndexSpace.over(values.type().dims()).placesIn(types.get(at));
        for (int i = 0; i < places.length; i++) {
            put(types.get(at), at, places[i], values.values()[i]);
        }
    }

    private void put(TensorType stored, int at, long element, double value) {
        long offset = offsets.get(at) + element * stored.element().bytes();
        switch (stored.element()) {
            case F64 -> memory.set(ValueLayout.JAVA_DOUBLE, offset, value);
            case F32 -> memory.set(ValueLayout.JAVA_FLOAT, offset, (float) value);
            case I32 -> memory.set(ValueLayout.JAVA_INT, offset, (int) value);
            case BF16, F16 -> throw new IllegalArgumentException("no CPU kernel computes in " + stored.element());
        }
    }

    /** Reads the elements of {@code actual}, a type of at most the bound's extents. */
    DoubleTensor read(int at, TensorType actual) {
        ElementType element = types.get(at).element();
        int[] places = IndexSpace.over(actual.dims()).placesIn(types.get(at));
        double[] values = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            values[i] = get(element, offsets.get(at) + (long) places[i] * element.bytes());
        }
        return new DoubleTensor(actual, values);
    }

    private double get(ElementType element, long offset) {
        return switch (element) {
            case F64 -> memory.get(ValueLayout.JAVA_DOUBLE, offset);
            case F32 -> memory.get(ValueLayout.JAVA_FLOAT, offset);
            case I32 -> memory.get(ValueLayout.JAVA_INT, offset);
            case BF16, F16 -> throw new IllegalArgumentException("no CPU kernel computes in " + element);
        };
    }

    /** Whether every byte between tensors still holds poison. */
    boolean gapsAreIntact() {
        long at = 0;
        for (int i = 0; i < types.size(); i++) {
            if (!isPoison(at, offsets.get(i))) {
                return false;
            }
            at = offsets.get(i) + types.get(i).bytes();
        }
        return isPoison(at, memory.byteSize());
    }

    private boolean isPoison(long from, long to) {
        for (long at = from; at < to; at++) {
            if (memory.get(ValueLayout.JAVA_BYTE, at) != POISON) {
                return false;
            }
        }
        return true;
    }
}
