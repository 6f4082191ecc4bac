package dev.dovetail.runtime.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileMemoryTest {
    private static final int BYTES = 3 << 20;

    /** Against the same bytes in memory, at places that divide no page. */
    @Test
    void aFileHoldsWhatMemoryWould(@TempDir Path folder) {
        Path path = folder.resolve("beside.bin");
        try (var file = FileMemory.of(path, BYTES);
                var memory = HostMemory.of("its twin", BYTES);
                var arena = Arena.ofConfined()) {
            var random = new SplittableRandom(5);
            for (int i = 0; i < 60; i++) {
                long offset = random.nextLong(BYTES - 1);
                long bytes = 1 + random.nextLong(Math.min(BYTES - offset, i % 3 == 0 ? 2 << 20 : 9000));
                MemorySegment source = arena.allocate(bytes);
                for (long at = 0; at < bytes; at++) {
                    source.set(ValueLayout.JAVA_BYTE, at, (byte) random.nextInt());
                }
                file.write(offset, source);
                memory.write(offset, source);
            }
            file.copy(100_000, 2_000_001, 70_000);
            memory.copy(100_000, 2_000_001, 70_000);
            file.zero(5, 10_000);
            memory.zero(5, 10_000);
            assertEquals(-1, memory.view(0, BYTES).mismatch(file.view(0, BYTES)));
        }
        assertFalse(Files.exists(path));
    }

    @Test
    void anArenaAndWhatLiesBesideItAreOneAddressSpace(@TempDir Path folder) {
        var far = new FarMemory(FarMemory.Tier.STORAGE, 64 << 10);
        try (var memory =
                TieredMemory.of(HostMemory.of("an arena", 5000), 5000, far, "rank 0", folder.resolve("beside.bin"))) {
            memory.edit(4000, 8, eight -> eight.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 42));
            memory.copy(4000, 8192 + 3, 8);
            memory.zero(4000, 8);
            memory.copy(8192 + 3, 4008, 8);
            assertEquals(0, memory.view(4000, 8).get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
            assertEquals(42, memory.view(4008, 8).get(ValueLayout.JAVA_LONG_UNALIGNED, 0));
        }
    }

    /** A file that its drive has no room for is refused before anything is trained. */
    @Test
    void aFileThatItsDriveHasNoRoomForIsRefused(@TempDir Path folder) {
        Path path = folder.resolve("beside.bin");
        var refused = assertThrows(FarMemoryException.class, () -> FileMemory.of(path, Long.MAX_VALUE / 2));
        assertTrue(refused.getMessage().contains("its drive has"), refused.getMessage());
        assertTrue(refused.help().contains("checkpoints are untouched"), refused.help());
        assertFalse(Files.exists(path));
    }
}
