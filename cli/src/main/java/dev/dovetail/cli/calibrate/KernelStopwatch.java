package dev.dovetail.cli.calibrate;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.LoadedKernel;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.rank.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Times kernels alone: on one core, in memory of their own, until the compiler has finished with them. */
public final class KernelStopwatch {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long ALIGNMENT = 64;
    /** Long enough that the clock's grain and a scheduler's slice do not show. */
    private static final long WINDOW_NANOS = 4_000_000;
    /** A kernel is warm when this many windows in a row have not found a faster one. */
    private static final int STEADY_WINDOWS = 25;

    private static final long LONGEST_NANOS = 2_500_000_000L;

    /**
     * Launches take their operands from copies in turn, together beyond a core's own caches: in a step, a kernel's operands were
     * last touched many kernels ago.
     */
    private static final long ROTATED_BYTES = 32L << 20;

    private static final int MOST_COPIES = 256;

    /** Values every launch symbol takes: any number will do, since time does not depend on it. */
    private static final Map<String, Double> SYMBOLS =
            Map.of("learning_rate", 1e-3, "first_correction", 1.5, "second_correction", 1.5, "loss_scale", 1.0);

    private KernelStopwatch() {}

    /** One launch after the other, round and round. */
    private static final class InTurn implements Runnable {
        private final List<Runnable> launches;
        private int next;

        InTurn(List<Runnable> launches) {
            this.launches = launches;
        }

        @Override
        public void run() {
            launches.get(next).run();
            next = next + 1 == launches.size() ? 0 : next + 1;
        }
    }

    /** Seconds of one launch: the median of the windows once warm. */
    public static double seconds(LoadedKernel kernel, KernelTask task) {
        try (Arena arena = Arena.ofConfined();
                Workers workers = Workers.single()) {
            var types = new ArrayList<>(task.operands());
            types.addAll(task.results());
            var offsets = new ArrayList<Long>();
            long end = 0;
            for (TensorType type : types) {
                offsets.add(end);
                end = Math.ceilDiv(end + type.bytes(), ALIGNMENT) * ALIGNMENT;
            }
            int copies = (int) Math.clamp(ROTATED_BYTES / end, 1, MOST_COPIES);
            var launches = new ArrayList<Runnable>();
            for (int copy = 0; copy < copies; copy++) {
                MemorySegment memory = arena.allocate(end, ALIGNMENT);
                for (int i = 0; i < types.size(); i++) {
                    fill(memory, offsets.get(i), types.get(i));
                }
                launches.add(kernel.bind(workers, memory, offsets, SYMBOLS));
            }
            return steady(new InTurn(launches));
        }
    }

    /** Seconds to set a stretch of this many bytes to zero. */
    static double zero(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes, ALIGNMENT);
            return steady(() -> memory.fill((byte) 0));
        }
    }

    /** Plain numbers near one: neither denormal nor growing, so that no launch is slower than the next. */
    private static void fill(MemorySegment memory, long offset, TensorType type) {
        for (long i = 0; i < type.elements(); i++) {
            double value = 0.5 + 0.25 * ((i * 37) % 101) / 101.0;
            switch (type.element()) {
                case F64 -> memory.set(ValueLayout.JAVA_DOUBLE, offset + 8 * i, value);
                case F32 -> memory.set(ValueLayout.JAVA_FLOAT, offset + 4 * i, (float) value);
                case I32 -> memory.set(ValueLayout.JAVA_INT, offset + 4 * i, (int) ((i * 37) % 61));
                case BF16, F16 -> throw new IllegalArgumentException("no CPU kernel computes in " + ElementType.BF16);
            }
        }
    }

    private static double steady(Runnable launch) {
        var windows = new ArrayList<Double>();
        double best = Double.POSITIVE_INFINITY;
        int sinceBest = 0;
        long started = System.nanoTime();
        while (sinceBest < STEADY_WINDOWS && System.nanoTime() - started < LONGEST_NANOS) {
            double seconds = window(launch);
            windows.add(seconds);
            boolean improved = seconds < 0.97 * best;
            best = Math.min(best, seconds);
            sinceBest = improved ? 0 : sinceBest + 1;
        }
        List<Double> last = windows.subList(Math.max(0, windows.size() - STEADY_WINDOWS), windows.size());
        return median(last);
    }

    /** Counts the thread's own processor time, in which other programs on the machine do not show. */
    private static double window(Runnable launch) {
        long began = THREADS.getCurrentThreadCpuTime();
        long now = began;
        int launches = 0;
        while (now - began < WINDOW_NANOS) {
            for (int i = 0; i <= launches / 4; i++) {
                launch.run();
            }
            launches += launches / 4 + 1;
            now = THREADS.getCurrentThreadCpuTime();
        }
        return (now - began) * 1e-9 / launches;
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
