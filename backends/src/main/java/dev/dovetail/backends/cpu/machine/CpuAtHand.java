package dev.dovetail.backends.cpu.machine;

import dev.dovetail.backends.cpu.CpuTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.incubator.vector.VectorShape;

/** The processor at hand, as kernels are generated for it. */
public final class CpuAtHand {
    private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
    private static final long KIB = 1024;

    private CpuAtHand() {}

    /** Vector width as the JVM prefers it; caches as Linux tells them, else those of a common server core. */
    public static CpuTarget target() {
        int bits = Math.max(128, VectorShape.preferredShape().vectorBitSize());
        CpuTarget common = CpuTarget.avx2();
        return new CpuTarget(
                bits,
                Runtime.getRuntime().availableProcessors(),
                cache("index0", common.level1()),
                cache("index2", common.level2()));
    }

    private static long cache(String index, long otherwise) {
        try {
            String size =
                    Files.readString(CACHES.resolve(index).resolve("size")).strip();
            return size.endsWith("K") ? Long.parseLong(size.substring(0, size.length() - 1)) * KIB : otherwise;
        } catch (IOException | NumberFormatException untold) {
            return otherwise;
        }
    }
}
