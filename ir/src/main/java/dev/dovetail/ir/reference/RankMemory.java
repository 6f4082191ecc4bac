package dev.dovetail.ir.reference;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/** A rank's arena as bytes; what overlaps in a real arena overlaps here. */
final class RankMemory {
    private final ByteBuffer bytes;

    RankMemory(long size) {
        this.bytes = ByteBuffer.allocate(Math.toIntExact(size)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The beginning of another arena, as much of it as there is in this one. */
    void takeOver(RankMemory other) {
        int kept = Math.min(bytes.capacity(), other.bytes.capacity());
        bytes.put(0, other.bytes, 0, kept);
    }

    DoubleTensor read(TensorType type, long offset) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        double[] values = tensor.values();
        if (type.element() == ElementType.F64) {
            doubles(offset, values.length).get(values);
            return tensor;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = read(type.element(), offset, i);
        }
        return tensor;
    }

    DoubleTensor readFlat(ElementType element, long offset, long elements) {
        return read(TensorType.of(element, Dim.of("flat", elements)), offset);
    }

    private DoubleBuffer doubles(long offset, int count) {
        return bytes.slice(Math.toIntExact(offset), count * Double.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asDoubleBuffer();
    }

    double read(ElementType element, long offset, long index) {
        int at = Math.toIntExact(offset + index * element.bytes());
        return switch (element) {
            case F64 -> bytes.getDouble(at);
            case F32 -> bytes.getFloat(at);
            case I32 -> bytes.getInt(at);
            case BF16 -> Float.intBitsToFloat(bytes.getShort(at) << 16);
            case F16 -> Float.float16ToFloat(bytes.getShort(at));
        };
    }

    /** Rounds to the element's type. */
    void write(ElementType element, long offset, double[] values) {
        if (element == ElementType.F64) {
            doubles(offset, values.length).put(values);
            return;
        }
        for (int i = 0; i < values.length; i++) {
            write(element, offset, i, values[i]);
        }
    }

    void write(ElementType element, long offset, long index, double value) {
        int at = Math.toIntExact(offset + index * element.bytes());
        switch (element) {
            case F64 -> bytes.putDouble(at, value);
            case F32 -> bytes.putFloat(at, (float) value);
            case I32 -> bytes.putInt(at, (int) value);
            case BF16 -> bytes.putShort(at, toBf16((float) value));
            case F16 -> bytes.putShort(at, Float.floatToFloat16((float) value));
        }
    }

    /** Rounds to nearest, ties to even. */
    private static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        int rounded = bits + 0x7fff + ((bits >>> 16) & 1);
        return (short) (rounded >>> 16);
    }

    /** What a stretch nobody owns holds: a value that spoils every result that reads it. */
    void poison(long offset, long size) {
        MemorySegment.ofBuffer(bytes).asSlice(offset, size).fill((byte) 0xff);
    }
}
