package dev.dovetail.runtime.transport;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/** Message memory that is used again: a step sends the same sizes as the step before it. */
public final class BufferPool implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final Map<Long, Queue<MemorySegment>> free = new ConcurrentHashMap<>();
    private final AtomicLong allocated = new AtomicLong();

    /** A buffer of {@code size} bytes with any content. */
    public Buffer take(long size) {
        long room = room(size);
        MemorySegment reused = queue(room).poll();
        return new Buffer(this, reused == null ? allocate(room) : reused, size);
    }

    private MemorySegment allocate(long room) {
        allocated.addAndGet(room);
        return arena.allocate(room, 64);
    }

    void giveBack(MemorySegment whole) {
        queue(whole.byteSize()).add(whole);
    }

    private Queue<MemorySegment> queue(long room) {
        return free.computeIfAbsent(room, key -> new ConcurrentLinkedQueue<>());
    }

    /** Sizes are rounded up by at most a quarter, so that a few near sizes share memory. */
    static long room(long size) {
        long step = Math.max(64, Long.highestOneBit(Math.max(size, 1)) / 4);
        return Math.max(64, (size + step - 1) / step * step);
    }

    /** Bytes taken from the machine so far: what messages in flight needed at most, rounded up. */
    public long allocatedBytes() {
        return allocated.get();
    }

    @Override
    public void close() {
        arena.close();
    }
}
