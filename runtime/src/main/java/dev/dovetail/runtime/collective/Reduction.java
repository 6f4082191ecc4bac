package dev.dovetail.runtime.collective;

import dev.dovetail.runtime.memory.Bf16;
import dev.dovetail.runtime.memory.ElementType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How values of several ranks become one; rounding is that of the element type, one rank after the other. */
public enum Reduction {
    SUM {
        @Override
        float of(float a, float b) {
            return a + b;
        }

        @Override
        void f32(MemorySegment into, MemorySegment from, long begin, int count) {
            for (int i = 0; i < count; i++) {
                long at = begin + 4L * i;
                into.set(
                        ValueLayout.JAVA_FLOAT,
                        at,
                        into.get(ValueLayout.JAVA_FLOAT, at) + from.get(ValueLayout.JAVA_FLOAT, at));
            }
        }

        @Override
        void f64(MemorySegment into, MemorySegment from, long begin, int count) {
            for (int i = 0; i < count; i++) {
                long at = begin + 8L * i;
                into.set(
                        ValueLayout.JAVA_DOUBLE,
                        at,
                        into.get(ValueLayout.JAVA_DOUBLE, at) + from.get(ValueLayout.JAVA_DOUBLE, at));
            }
        }
    },
    MAX {
        @Override
        float of(float a, float b) {
            return Math.max(a, b);
        }

        @Override
        void f32(MemorySegment into, MemorySegment from, long begin, int count) {
            for (int i = 0; i < count; i++) {
                long at = begin + 4L * i;
                float a = into.get(ValueLayout.JAVA_FLOAT, at);
                into.set(ValueLayout.JAVA_FLOAT, at, Math.max(a, from.get(ValueLayout.JAVA_FLOAT, at)));
            }
        }

        @Override
        void f64(MemorySegment into, MemorySegment from, long begin, int count) {
            for (int i = 0; i < count; i++) {
                long at = begin + 8L * i;
                double a = into.get(ValueLayout.JAVA_DOUBLE, at);
                into.set(ValueLayout.JAVA_DOUBLE, at, Math.max(a, from.get(ValueLayout.JAVA_DOUBLE, at)));
            }
        }
    };

    /** An int loop bound lets the compiler vectorise, so long buffers go piece by piece. */
    private static final int PIECE = 1 << 20;

    /** {@code into = into (+) from}, element by element. */
    final void apply(ElementType type, MemorySegment into, MemorySegment from) {
        long elements = into.byteSize() / type.bytes();
        for (long done = 0; done < elements; done += PIECE) {
            int count = (int) Math.min(PIECE, elements - done);
            switch (type) {
                case F32 -> f32(into, from, done * 4, count);
                case F64 -> f64(into, from, done * 8, count);
                case BF16 -> bf16(into, from, done * 2, count);
                case I32 -> throw new IllegalArgumentException("integers are exchanged, never reduced");
            }
        }
    }

    /** In single precision, rounded after each rank. */
    private void bf16(MemorySegment into, MemorySegment from, long begin, int count) {
        for (int i = 0; i < count; i++) {
            long at = begin + 2L * i;
            float a = Bf16.value(into.get(ValueLayout.JAVA_SHORT, at));
            float b = Bf16.value(from.get(ValueLayout.JAVA_SHORT, at));
            into.set(ValueLayout.JAVA_SHORT, at, Bf16.bits(of(a, b)));
        }
    }

    abstract float of(float a, float b);

    abstract void f32(MemorySegment into, MemorySegment from, long begin, int count);

    abstract void f64(MemorySegment into, MemorySegment from, long begin, int count);
}
