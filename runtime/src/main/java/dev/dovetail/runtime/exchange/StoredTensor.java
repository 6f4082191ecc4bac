package dev.dovetail.runtime.exchange;

import dev.dovetail.runtime.memory.Bf16;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A tensor as a file holds it, row by row.
 *
 * @param bytes little-endian, anywhere in memory
 */
public record StoredTensor(String name, Kind kind, List<Long> shape, MemorySegment bytes) {
    /** What its elements are, by the names that safetensors gives them. */
    public enum Kind {
        F64(8),
        F32(4),
        F16(2),
        BF16(2);

        private final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        public int bytes() {
            return bytes;
        }
    }

    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public StoredTensor {
        shape = List.copyOf(shape);
    }

    public long elements() {
        return shape.stream().reduce(1L, Math::multiplyExact);
    }

    /** Element {@code index}, counted row by row. */
    public double at(long index) {
        long at = index * kind.bytes();
        return switch (kind) {
            case F64 -> bytes.get(DOUBLE, at);
            case F32 -> bytes.get(FLOAT, at);
            case F16 -> Float.float16ToFloat(bytes.get(SHORT, at));
            case BF16 -> Bf16.value(bytes.get(SHORT, at));
        };
    }

    /** Writes element {@code index}. */
    public void set(long index, double value) {
        long at = index * kind.bytes();
        switch (kind) {
            case F64 -> bytes.set(DOUBLE, at, value);
            case F32 -> bytes.set(FLOAT, at, (float) value);
            case F16 -> bytes.set(SHORT, at, Float.floatToFloat16((float) value));
            case BF16 -> bytes.set(SHORT, at, Bf16.bits((float) value));
        }
    }

    /** A matrix the other way round, copied. */
    StoredTensor transposed() {
        long rows = shape.getFirst();
        long columns = shape.getLast();
        var turned = new StoredTensor(
                name, kind, List.of(columns, rows), MemorySegment.ofArray(new byte[Math.toIntExact(bytes.byteSize())]));
        for (long row = 0; row < rows; row++) {
            for (long column = 0; column < columns; column++) {
                turned.set(column * rows + row, at(row * columns + column));
            }
        }
        return turned;
    }
}
