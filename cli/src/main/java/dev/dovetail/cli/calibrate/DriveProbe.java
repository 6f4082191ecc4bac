package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.calibration.MachineProfile.Drive;
import dev.dovetail.runtime.memory.FileMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * How fast a drive takes and gives what ranks keep there: through the class that they use, past the page cache where the file
 * system lets it be, and not before the drive says that it has what was written.
 */
final class DriveProbe {
    /** Far more than what drives keep in memory of their own. */
    private static final long BYTES = 768L << 20;

    private static final int PIECE = 16 << 20;

    private DriveProbe() {}

    static Drive measure(Path folder) throws IOException {
        Path path = Files.createTempFile(folder, "drive", ".bin");
        try (FileMemory file = FileMemory.of(path, BYTES);
                Arena arena = Arena.ofConfined()) {
            MemorySegment piece = noise(arena);
            double writing = seconds(() -> {
                for (long at = 0; at < BYTES; at += PIECE) {
                    file.write(at, piece);
                }
                file.force();
            });
            double reading = seconds(() -> {
                for (long at = 0; at < BYTES; at += PIECE) {
                    file.read(at, piece);
                }
            });
            String store = Files.getFileStore(folder).type() + " in " + folder;
            return new Drive(store, BYTES, file.isDirect(), BYTES / reading, BYTES / writing);
        } finally {
            Files.deleteIfExists(path);
        }
    }

    /** What no drive can shorten. */
    private static MemorySegment noise(Arena arena) {
        byte[] bytes = new byte[PIECE];
        new SplittableRandom(1).nextBytes(bytes);
        return arena.allocate(PIECE, 4096).copyFrom(MemorySegment.ofArray(bytes));
    }

    private static double seconds(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return (System.nanoTime() - began) * 1e-9;
    }
}
