package dev.dovetail.runtime.rank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void everyIndexIsVisitedOnceByItsOwnWorker(int count) {
        try (Workers workers = new Workers(count)) {
            for (int extent : new int[] {0, 1, 2, 7, 64, 1000}) {
                AtomicIntegerArray visits = new AtomicIntegerArray(extent);
                for (int round = 0; round < 50; round++) {
                    workers.parallel(extent, (worker, from, to) -> {
                        assertTrue(worker < count);
                        assertTrue(extent == 1 || from == (long) extent * worker / count, "the cut is fixed");
                        for (long i = from; i < to; i++) {
                            visits.incrementAndGet((int) i);
                        }
                    });
                }
                for (int i = 0; i < extent; i++) {
                    assertEquals(50, visits.get(i));
                }
            }
        }
    }

    @Test
    void whatAWorkerWroteIsSeenAfterwards() {
        long[] sums = new long[4];
        try (Workers workers = new Workers(4)) {
            for (int round = 1; round <= 10_000; round++) {
                workers.parallel(4, (worker, from, to) -> sums[worker]++);
                assertEquals(4L * round, sums[0] + sums[1] + sums[2] + sums[3]);
            }
        }
    }

    @Test
    void aFailureOnAnyWorkerReachesTheCaller() {
        try (Workers workers = new Workers(3)) {
            for (int failing = 0; failing < 3; failing++) {
                int at = failing;
                assertThrows(
                        RuntimeException.class,
                        () -> workers.parallel(3, (worker, from, to) -> {
                            if (worker == at) {
                                throw new IllegalArgumentException("planted");
                            }
                        }));
            }
            int[] ran = new int[1];
            workers.parallel(1, (worker, from, to) -> ran[0]++);
            assertEquals(1, ran[0], "the workers still work");
        }
    }

    @Test
    void scratchIsKeptPerWorker() {
        try (Workers workers = Workers.single()) {
            float[] scratch = workers.floats(0, 100);
            assertSame(scratch, workers.floats(0, 50));
            assertTrue(workers.floats(0, 200).length >= 200);
            assertTrue(workers.doubles(0, 10).length >= 10);
        }
    }

    @Test
    void noWorkersIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Workers(0));
    }
}
