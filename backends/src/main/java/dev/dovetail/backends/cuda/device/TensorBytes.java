package dev.dovetail.backends.cuda.device;

import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Numbers to and from the bytes a tensor is stored as. */
public final class TensorBytes {
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private TensorBytes() {}

    /** {@code value} as it is after being stored as {@code element}. */
    public static double rounded(double value, ElementType element) {
        return switch (element) {
            case F64 -> value;
            case F32 -> (float) value;
            case BF16 -> Float.intBitsToFloat(bf16Bits((float) value) << 16);
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case I32 -> (int) value;
        };
    }

    /** To nearest, ties to even; what is not a number stays so. */
    private static int bf16Bits(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? 0x7fff : (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
    }

    /** Writes a tensor into storage laid out as {@code stored}, whose dims may be longer. */
    public static void write(DoubleTensor tensor, TensorType stored, MemorySegment target) {
        int[] places = IndexSpace.over(tensor.type().dims()).placesIn(stored);
        for (int i = 0; i < places.length; i++) {
            put(target, offset(places[i], stored.element()), stored.element(), tensor.values()[i]);
        }
    }

    /** Reads what {@link #write} wrote. */
    public static DoubleTensor read(MemorySegment source, TensorType stored, TensorType wanted) {
        int[] places = IndexSpace.over(wanted.dims()).placesIn(stored);
        double[] values = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            values[i] = get(source, offset(places[i], stored.element()), stored.element());
        }
        return new DoubleTensor(wanted, values);
    }

    /** Copies every element of one storage into another, rounding where it is narrower. */
    static void convert(MemorySegment source, ElementType from, MemorySegment target, ElementType to) {
        long elements = source.byteSize() / from.bytes();
        for (long i = 0; i < elements; i++) {
            put(target, i * to.bytes(), to, get(source, i * from.bytes(), from));
        }
    }

    private static long offset(int place, ElementType element) {
        return (long) place * element.bytes();
    }

    private static void put(MemorySegment memory, long at, ElementType element, double value) {
        switch (element) {
            case F64 -> memory.set(DOUBLE, at, value);
            case F32 -> memory.set(FLOAT, at, (float) value);
            case BF16 -> memory.set(SHORT, at, (short) bf16Bits((float) value));
            case F16 -> memory.set(SHORT, at, Float.floatToFloat16((float) value));
            case I32 -> memory.set(INT, at, (int) value);
        }
    }

    /** The number stored at byte {@code at}. */
    static double get(MemorySegment memory, long at, ElementType element) {
        return switch (element) {
            case F64 -> memory.get(DOUBLE, at);
            case F32 -> memory.get(FLOAT, at);
            case BF16 -> Float.intBitsToFloat(memory.get(SHORT, at) << 16);
            case F16 -> Float.float16ToFloat(memory.get(SHORT, at));
            case I32 -> memory.get(INT, at);
        };
    }
}
