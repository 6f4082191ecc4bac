package dev.dovetail.backends.cpu.machine;

import dev.dovetail.ir.tensor.ElementType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleSupplier;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

/** What one core can do at best while all are busy: multiply-adds in registers, and bytes copied. */
public final class Ceilings {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int ROUNDS = 200_000;
    private static final int CHAINS = 8;
    private static final int TRIES = 30;
    private static final long COPIED = 32L << 20;

    private Ceilings() {}

    /** Operations a second of one core; a multiply-add is two. */
    public static double fma(ElementType element, int cores) {
        boolean single = element == ElementType.F32;
        int lanes = single ? FloatVector.SPECIES_PREFERRED.length() : DoubleVector.SPECIES_PREFERRED.length();
        double operations = 2.0 * lanes * CHAINS * ROUNDS;
        return onAllCores(cores, () -> operations / best(single ? Ceilings::floats : Ceilings::doubles));
    }

    /** Bytes a second of one core, read and written together. */
    public static double copy(int cores) {
        return onAllCores(cores, () -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment from = arena.allocate(COPIED, 64).fill((byte) 1);
                MemorySegment to = arena.allocate(COPIED, 64);
                return 2.0 * COPIED / best(() -> to.copyFrom(from));
            }
        });
    }

    /** In processor time of the thread, as kernels are timed: other programs do not lower a ceiling. */
    private static double best(Runnable work) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < TRIES; i++) {
            long began = THREADS.getCurrentThreadCpuTime();
            work.run();
            best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - began) * 1e-9);
        }
        return best;
    }

    private static double onAllCores(int cores, DoubleSupplier measure) {
        List<Double> figures = Collections.synchronizedList(new ArrayList<>());
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < cores; i++) {
            threads.add(Thread.ofPlatform().start(() -> figures.add(measure.getAsDouble())));
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
        return figures.stream().sorted().skip(figures.size() / 2).findFirst().orElseThrow();
    }

    /** Enough independent chains to hide the latency of one multiply-add, few enough to stay in registers. */
    private static void floats() {
        FloatVector x = FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, 0.999f);
        FloatVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        for (int i = 0; i < ROUNDS; i++) {
            a = a.fma(x, x);
            b = b.fma(x, x);
            c = c.fma(x, x);
            d = d.fma(x, x);
            e = e.fma(x, x);
            f = f.fma(x, x);
            g = g.fma(x, x);
            h = h.fma(x, x);
        }
        consume(a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).lane(0));
    }

    /** As above: through the vectors' common supertype they would be objects. */
    private static void doubles() {
        DoubleVector x = DoubleVector.broadcast(DoubleVector.SPECIES_PREFERRED, 0.999);
        DoubleVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x;
        for (int i = 0; i < ROUNDS; i++) {
            a = a.fma(x, x);
            b = b.fma(x, x);
            c = c.fma(x, x);
            d = d.fma(x, x);
            e = e.fma(x, x);
            f = f.fma(x, x);
            g = g.fma(x, x);
            h = h.fma(x, x);
        }
        consume(a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).lane(0));
    }

    /** Keeps the compiler from seeing that nobody reads the sum. */
    private static void consume(double sum) {
        if (sum == 0.123456789) {
            throw new IllegalStateException("multiply-adds gave " + sum);
        }
    }
}
