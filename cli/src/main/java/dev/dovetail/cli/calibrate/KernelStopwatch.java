package dev.dovetail.cli.calibrate;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.LoadedKernel;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.rank.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Times kernels alone: on one core, in memory of their own, until the compiler has finished with them. */
public final class KernelStopwatch {
    private static final SteadyTime STEADY = new SteadyTime(SteadyTime.Clocks.ofThread());
    private static final long ALIGNMENT = 64;

    /**
     * Launches take their operands from copies in turn, together beyond a core's own caches: in a step, a kernel's operands were
     * last touched many kernels ago.
     */
    private static final long ROTATED_BYTES = 32L << 20;

    private static final int MOST_COPIES = 256;

    /** Values every launch symbol takes: any number will do, since time does not depend on it. */
    private static final Map<String, Double> SYMBOLS =
            Map.of("learning_rate", 1e-3, "first_correction", 1.5, "second_correction", 1.5, "loss_scale", 1.0);

    /** What indices stay below, and places in queues that are longer. */
    static final int PLACES = 61;

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

    /** One launch, once warm. */
    public static Timing time(LoadedKernel kernel, KernelTask task) {
        try (Workers workers = Workers.single()) {
            return time(kernel, task, workers, STEADY);
        }
    }

    /** One launch on so many threads: of several, all the time that passes. */
    public static Timing time(LoadedKernel kernel, KernelTask task, int threads) {
        if (threads == 1) {
            return time(kernel, task);
        }
        try (Workers workers = new Workers(threads)) {
            return time(kernel, task, workers, new SteadyTime(SteadyTime.Clocks.ofTheWall()));
        }
    }

    private static Timing time(LoadedKernel kernel, KernelTask task, Workers workers, SteadyTime steady) {
        try (Arena arena = Arena.ofShared()) {
            var types = new ArrayList<>(task.operands());
            types.addAll(task.results());
            var offsets = new ArrayList<Long>();
            long end = 0;
            for (TensorType type : types) {
                offsets.add(end);
                end = Math.ceilDiv(end + type.bytes(), ALIGNMENT) * ALIGNMENT;
            }
            long places = types.stream()
                    .filter(type -> type.has(Names.CAPACITY))
                    .mapToLong(type -> type.dim(Names.CAPACITY).bound())
                    .reduce(PLACES, Math::min);
            int copies = (int) Math.clamp(ROTATED_BYTES / end, 1, MOST_COPIES);
            var launches = new ArrayList<Runnable>();
            for (int copy = 0; copy < copies; copy++) {
                MemorySegment memory = arena.allocate(end, ALIGNMENT);
                for (int i = 0; i < types.size(); i++) {
                    fill(memory, offsets.get(i), types.get(i), places);
                }
                launches.add(kernel.bind(workers, memory, offsets, SYMBOLS));
            }
            return steady.of(new InTurn(launches));
        }
    }

    /** Setting a stretch of this many bytes to zero. */
    static Timing zero(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(bytes, ALIGNMENT);
            return STEADY.of(() -> memory.fill((byte) 0));
        }
    }

    /** Indices of small tables; of {@code places} in queues, a quarter is taken, as of eight experts by tokens that choose two. */
    private static int whole(TensorType type, long at, long places) {
        long spread = at * 37 % places;
        if (!type.has(Names.ROUTES)) {
            return (int) spread;
        }
        long routes = type.dim(Names.ROUTES).bound();
        return at % routes % 4 == at / routes % 4 ? (int) spread : Route.UNCHOSEN;
    }

    /** Plain numbers near one: neither denormal nor growing, so that no launch is slower than the next. */
    private static void fill(MemorySegment memory, long offset, TensorType type, long places) {
        for (long i = 0; i < type.elements(); i++) {
            double value = 0.5 + 0.25 * ((i * 37) % 101) / 101.0;
            switch (type.element()) {
                case F64 -> memory.set(ValueLayout.JAVA_DOUBLE, offset + 8 * i, value);
                case F32 -> memory.set(ValueLayout.JAVA_FLOAT, offset + 4 * i, (float) value);
                case I32 -> memory.set(ValueLayout.JAVA_INT, offset + 4 * i, whole(type, i, places));
                case BF16, F16 -> throw new IllegalArgumentException("no CPU kernel computes in " + ElementType.BF16);
            }
        }
    }
}
