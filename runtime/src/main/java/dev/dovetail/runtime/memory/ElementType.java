package dev.dovetail.runtime.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What an element of a buffer is. */
public enum ElementType {
    F32(4),
    F64(8),
    I32(4),
    /** Upper half of a float; on devices only. */
    BF16(2);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Writes element {@code index}, rounded to this type. */
    public void put(MemorySegment tensor, long index, double value) {
        switch (this) {
            case F32 -> tensor.set(ValueLayout.JAVA_FLOAT, 4 * index, (float) value);
            case F64 -> tensor.set(ValueLayout.JAVA_DOUBLE, 8 * index, value);
            case I32 -> tensor.set(ValueLayout.JAVA_INT, 4 * index, (int) value);
            case BF16 -> tensor.set(ValueLayout.JAVA_SHORT, 2 * index, Bf16.bits((float) value));
        }
    }

    /** Element {@code index} of a tensor of this type, as a double; 0 is the first. */
    public double number(MemorySegment tensor, long index) {
        return switch (this) {
            case F32 -> tensor.get(ValueLayout.JAVA_FLOAT, 4 * index);
            case F64 -> tensor.get(ValueLayout.JAVA_DOUBLE, 8 * index);
            case I32 -> tensor.get(ValueLayout.JAVA_INT, 4 * index);
            case BF16 -> Bf16.value(tensor.get(ValueLayout.JAVA_SHORT, 2 * index));
        };
    }
}
