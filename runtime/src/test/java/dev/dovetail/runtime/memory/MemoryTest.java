package dev.dovetail.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class MemoryTest {
    @Test
    void theLedgerKnowsPeaksByPart() {
        MemoryLedger ledger = new MemoryLedger(1000);
        ledger.allocate(MemoryPart.PARAMETERS, 0, 100);
        ledger.allocate(MemoryPart.ACTIVATIONS, 0, 100, 300);
        ledger.allocate(MemoryPart.ACTIVATIONS, 1, 400, 300);
        ledger.free(100, 300);
        ledger.allocate(MemoryPart.ACTIVATIONS, 2, 100, 200);
        assertEquals(700, ledger.peakLiveBytes());
        assertEquals(600, ledger.liveBytes());
        assertEquals(700, ledger.highestEnd());
        assertEquals(600, ledger.peak(MemoryPart.ACTIVATIONS));
        assertEquals(100, ledger.peak(MemoryPart.PARAMETERS));
        assertEquals(2, ledger.peakMicrobatches());
    }

    @Test
    void aMicrobatchLivesUntilItsLastBufferIsFreed() {
        MemoryLedger ledger = new MemoryLedger(1000);
        ledger.allocate(MemoryPart.ACTIVATIONS, 0, 0, 10);
        ledger.allocate(MemoryPart.ACTIVATIONS, 0, 10, 10);
        ledger.free(0, 10);
        ledger.allocate(MemoryPart.ACTIVATIONS, 1, 20, 10);
        assertEquals(2, ledger.peakMicrobatches());
        ledger.free(10, 10);
        ledger.allocate(MemoryPart.ACTIVATIONS, 2, 30, 10);
        assertEquals(2, ledger.peakMicrobatches());
    }

    @Test
    void overlapsStraysAndWrongFreesAreBugsOfThePlan() {
        MemoryLedger ledger = new MemoryLedger(100);
        ledger.allocate(MemoryPart.WORKSPACE, 20, 30);
        for (long[] clash : new long[][] {{20, 30}, {0, 21}, {49, 10}, {30, 5}, {0, 100}}) {
            assertThrows(IllegalStateException.class, () -> ledger.allocate(MemoryPart.GRADIENTS, clash[0], clash[1]));
        }
        assertThrows(IllegalStateException.class, () -> ledger.allocate(MemoryPart.GRADIENTS, 90, 11));
        assertThrows(IllegalStateException.class, () -> ledger.free(20, 29));
        assertThrows(IllegalStateException.class, () -> ledger.free(21, 29));
        ledger.allocate(MemoryPart.GRADIENTS, 0, 20);
        ledger.allocate(MemoryPart.GRADIENTS, 50, 50);
        assertEquals(100, ledger.peakLiveBytes());
    }

    @Test
    void anArenaIsAlignedAndZero() {
        try (RankArena arena = RankArena.of("rank 0", 1000)) {
            MemorySegment memory = arena.memory().view(0, 1000);
            assertEquals(0, memory.address() % 64);
            for (long i = 0; i < 1000; i++) {
                assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, i));
            }
        }
    }

    @Test
    void poisonedMemoryIsNotANumberUntilWrittenAndAgainOnceFreed() {
        try (RankArena arena = RankArena.poisoned("rank 0", 1024)) {
            MemorySegment memory = arena.memory().view(0, 1024);
            assertTrue(Double.isNaN(memory.get(ValueLayout.JAVA_DOUBLE, 512)));
            assertTrue(Float.isNaN(memory.get(ValueLayout.JAVA_FLOAT, 508)));
            assertEquals(0, arena.touchedBytes());
            arena.allocate(MemoryPart.WORKSPACE, MemoryLedger.NO_MICROBATCH, 0, 128);
            arena.memory().edit(0, 128, written -> written.fill((byte) 1));
            assertEquals(128, arena.touchedBytes());
            arena.free(0, 128);
            assertTrue(Double.isNaN(memory.get(ValueLayout.JAVA_DOUBLE, 64)));
        }
    }

    @Test
    void aModelTooLargeForThisMachineIsRefusedBeforeItTakesAnything() {
        MachineMemoryException failure =
                assertThrows(MachineMemoryException.class, () -> RankArena.of("rank 3", 1L << 50));
        assertTrue(failure.getMessage().startsWith("rank 3 needs 1125899.9 GB of memory, and "), failure.getMessage());
        assertTrue(failure.help().contains("micro-batch"), failure.help());
    }

    @Test
    void thisMachineHasSomeMemory() {
        MachineMemory memory = MachineMemory.read();
        assertTrue(memory.availableBytes() > 0 && memory.availableBytes() <= memory.totalBytes(), memory.toString());
    }
}
