package dev.dovetail.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.dovetail.runtime.memory.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StateInitializerTest {
    @ParameterizedTest
    @EnumSource(
            value = ElementType.class,
            names = {"F32", "F64"})
    void anyPartOfATensorHoldsWhatTheWholeHoldsThere(ElementType type) {
        SplittableRandom random = new SplittableRandom(11);
        for (int trial = 0; trial < 200; trial++) {
            List<Long> shape = new ArrayList<>();
            List<Long> start = new ArrayList<>();
            List<Long> extent = new ArrayList<>();
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                long size = random.nextLong(1, 8);
                long from = random.nextLong(0, size);
                shape.add(size);
                start.add(from);
                extent.add(random.nextLong(1, size - from + 1));
            }
            Initial initial = trial % 2 == 0 ? Initial.normal(0.02) : new Initial.Uniform(0.5);
            StateShard box = StateShard.box("w", StateKind.WEIGHT, type, shape, start, extent, 64, initial);
            long first = random.nextLong(0, box.count());
            StateShard part = box.range(first, random.nextLong(0, box.count() - first + 1), 128);
            StateShard whole = StateShard.whole("w", StateKind.WEIGHT, type, shape, 0, initial);
            try (Arena arena = Arena.ofConfined()) {
                double[] all = fill(arena, whole);
                double[] held = fill(arena, part);
                double[] picked = new double[held.length];
                for (int i = 0; i < held.length; i++) {
                    picked[i] = all[(int) BoxRuns.globalIndex(part, part.first() + i)];
                }
                assertArrayEquals(picked, held, part.toString());
            }
        }
    }

    private static double[] fill(Arena arena, StateShard shard) {
        MemorySegment memory = arena.allocate(8192, 64);
        new StateInitializer(77).fill(shard, memory);
        double[] values = new double[(int) shard.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = shard.type() == ElementType.F32
                    ? memory.get(ValueLayout.JAVA_FLOAT, shard.offset() + 4L * i)
                    : memory.get(ValueLayout.JAVA_DOUBLE, shard.offset() + 8L * i);
        }
        return values;
    }

    @Test
    void float32HoldsTheRoundedFloat64Values() {
        List<Long> shape = List.of(10L);
        try (Arena arena = Arena.ofConfined()) {
            double[] wide =
                    fill(arena, StateShard.whole("w", StateKind.WEIGHT, ElementType.F64, shape, 0, Initial.normal(1)));
            double[] narrow =
                    fill(arena, StateShard.whole("w", StateKind.WEIGHT, ElementType.F32, shape, 0, Initial.normal(1)));
            for (int i = 0; i < 10; i++) {
                assertEquals((float) wide[i], narrow[i]);
            }
        }
    }

    @Test
    void aBoxOutsideItsTensorIsRefused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> StateShard.box(
                        "w",
                        StateKind.WEIGHT,
                        ElementType.F32,
                        List.of(4L),
                        List.of(2L),
                        List.of(3L),
                        0,
                        Initial.zeros()));
    }
}
