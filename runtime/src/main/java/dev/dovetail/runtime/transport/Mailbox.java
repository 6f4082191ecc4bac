package dev.dovetail.runtime.transport;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Messages that arrived for one rank and were not asked for yet; one rank thread takes, many threads put. */
final class Mailbox {
    private record Slot(int from, MessageTag tag) {}

    private final int rank;
    private final Duration patience;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition arrived = lock.newCondition();
    private final Map<Slot, ArrayDeque<Buffer>> slots = new HashMap<>();
    private final Map<Integer, TransportException> lost = new HashMap<>();
    /** What the rank waits for; other messages need not wake it. */
    private Optional<Slot> awaited = Optional.empty();

    private Optional<TransportException> stopped = Optional.empty();

    Mailbox(int rank, Duration patience) {
        this.rank = rank;
        this.patience = patience;
    }

    void put(int from, MessageTag tag, Buffer message) {
        lock.lock();
        try {
            Slot slot = new Slot(from, tag);
            slots.computeIfAbsent(slot, key -> new ArrayDeque<>()).add(message);
            if (awaited.filter(slot::equals).isPresent()) {
                arrived.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** From here on nothing more comes from {@code from}; what came before can still be taken. */
    void lose(int from, TransportException why) {
        lock.lock();
        try {
            lost.putIfAbsent(from, why);
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Every wait ends with {@code why}, now and later; the first reason stays. */
    void stop(TransportException why) {
        lock.lock();
        try {
            if (stopped.isEmpty()) {
                stopped = Optional.of(why);
            }
            arrived.signal();
        } finally {
            lock.unlock();
        }
    }

    Buffer take(int from, MessageTag tag) {
        Slot slot = new Slot(from, tag);
        lock.lock();
        try {
            long left = patience.toNanos();
            while (true) {
                if (stopped.isPresent()) {
                    throw stopped.get();
                }
                ArrayDeque<Buffer> queue = slots.get(slot);
                if (queue != null && !queue.isEmpty()) {
                    return queue.remove();
                }
                if (lost.containsKey(from)) {
                    throw lost.get(from);
                }
                if (left <= 0) {
                    throw timeout(from, tag);
                }
                awaited = Optional.of(slot);
                left = arrived.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TransportException(
                    TransportException.Kind.STOPPED,
                    "rank " + rank + " was interrupted while it waited for rank " + from,
                    "run again to resume from the last checkpoint",
                    e);
        } finally {
            awaited = Optional.empty();
            lock.unlock();
        }
    }

    private TransportException timeout(int from, MessageTag tag) {
        return new TransportException(
                TransportException.Kind.TIMEOUT,
                "rank " + rank + " waited " + TimeUnit.NANOSECONDS.toSeconds(patience.toNanos()) + " s for rank " + from
                        + " (" + tag + ") and nothing came",
                "rank " + from + " hangs or is starved of the processor; look at it, then run again to resume");
    }
}
