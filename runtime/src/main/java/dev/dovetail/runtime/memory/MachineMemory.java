package dev.dovetail.runtime.memory;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * How much memory this machine can still give.
 *
 * @param totalBytes of the machine, or of the container that limits this process
 * @param availableBytes that can be used without pushing others out
 */
public record MachineMemory(long totalBytes, long availableBytes) {
    private static final Path MEMINFO = Path.of("/proc/meminfo");
    private static final Path SELF = Path.of("/proc/self/status");

    /** Reads it from the operating system, now. */
    public static MachineMemory read() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            long total = system.getTotalMemorySize();
            // "Free" leaves out file cache that the kernel gives up on demand; Linux says what is really available.
            long available = Math.min(total, availableOr(system.getFreeMemorySize()));
            return new MachineMemory(total, available);
        }
        return new MachineMemory(Long.MAX_VALUE, Long.MAX_VALUE);
    }

    private static long availableOr(long fallback) {
        return kibibytes(MEMINFO, "MemAvailable:").orElse(fallback);
    }

    /** The most memory this process has had from the system so far, heap and all; 0 where the system does not say. */
    public static long residentPeak() {
        return kibibytes(SELF, "VmHWM:").orElse(0);
    }

    private static OptionalLong kibibytes(Path file, String name) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> line.startsWith(name))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return OptionalLong.empty();
        }
    }

    /** Stops a job that cannot fit before it drives the machine into the ground. */
    public void require(long bytes, String what) {
        if (bytes > availableBytes) {
            throw new MachineMemoryException(
                    what + " needs " + gigabytes(bytes) + " of memory, and " + gigabytes(availableBytes) + " of "
                            + gigabytes(totalBytes) + " are available on this machine",
                    "stop other programs, or plan with less: a smaller micro-batch, `recompute full`, a larger"
                            + " `shard`, or fewer workers on this machine");
        }
    }

    public static String gigabytes(long bytes) {
        return bytes < 1e9
                ? String.format(Locale.ROOT, "%.1f MB", bytes / 1e6)
                : String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }
}
