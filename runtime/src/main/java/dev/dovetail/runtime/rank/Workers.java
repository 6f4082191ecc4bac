package dev.dovetail.runtime.rank;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads of one rank: kernels cut their outermost loop among them.
 *
 * <p>Worker w of n always gets indices {@code [extent*w/n, extent*(w+1)/n)}, so a kernel that adds only within its range
 * gives the same bits in every run. With one worker everything happens on the calling thread. Used by one rank's thread
 * at a time; a task must not start another.
 */
public final class Workers implements AutoCloseable {
    /** A part of a loop: worker number, first index, index after the last. */
    @FunctionalInterface
    public interface Task {
        void run(int worker, long from, long to);
    }

    /** Kernels follow each other within microseconds, so a worker looks this often before it sleeps. */
    private static final int SPINS = 2_000;

    private final int count;
    private final Thread[] threads;
    private final float[][] floats;
    private final double[][] doubles;
    private final AtomicInteger unfinished = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile int generation;
    private volatile boolean closed;
    private volatile Thread caller = Thread.currentThread();
    private Task task = (worker, from, to) -> {};
    private long extent;

    /** @param count threads that work at once, the calling one among them */
    public Workers(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("a rank needs at least one worker, not " + count);
        }
        this.count = count;
        this.threads = new Thread[count - 1];
        this.floats = new float[count][0];
        this.doubles = new double[count][0];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name("worker-" + worker).start(() -> serve(worker));
        }
    }

    /** Everything on the calling thread. */
    public static Workers single() {
        return new Workers(1);
    }

    public int count() {
        return count;
    }

    /** Runs {@code task} over {@code [0, extent)} and returns when all of it is done. */
    public void parallel(long extent, Task task) {
        if (count == 1 || extent <= 1) {
            if (extent > 0) {
                task.run(0, 0, extent);
            }
            return;
        }
        this.task = task;
        this.extent = extent;
        caller = Thread.currentThread();
        unfinished.set(threads.length);
        generation++;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        try {
            runPart(0);
        } finally {
            awaitOthers();
        }
        Throwable thrown = failure.getAndSet(null);
        if (thrown != null) {
            throw new IllegalStateException("a worker failed", thrown);
        }
    }

    /** Scratch of at least {@code size} elements, {@code worker}'s own; its content is whatever was left there. */
    public float[] floats(int worker, int size) {
        if (floats[worker].length < size) {
            floats[worker] = new float[size];
        }
        return floats[worker];
    }

    /** Scratch of at least {@code size} elements, {@code worker}'s own; its content is whatever was left there. */
    public double[] doubles(int worker, int size) {
        if (doubles[worker].length < size) {
            doubles[worker] = new double[size];
        }
        return doubles[worker];
    }

    private void runPart(int worker) {
        long from = Math.multiplyExact(extent, worker) / count;
        long to = Math.multiplyExact(extent, worker + 1L) / count;
        if (from < to) {
            task.run(worker, from, to);
        }
    }

    private void awaitOthers() {
        int looked = 0;
        while (unfinished.get() > 0) {
            if (++looked < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
    }

    private void serve(int worker) {
        int seen = 0;
        while (true) {
            int looked = 0;
            while (generation == seen && !closed) {
                if (++looked < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            if (closed) {
                return;
            }
            seen = generation;
            try {
                runPart(worker);
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            } finally {
                if (unfinished.decrementAndGet() == 0) {
                    LockSupport.unpark(caller);
                }
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }
}
