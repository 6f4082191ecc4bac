package dev.dovetail.runtime.transport;

import java.lang.foreign.MemorySegment;

/** Bytes of one message, outside every arena; has one owner at a time, who either sends or releases it. */
public final class Buffer {
    private final BufferPool pool;
    private final MemorySegment whole;
    private final MemorySegment bytes;

    Buffer(BufferPool pool, MemorySegment whole, long size) {
        this.pool = pool;
        this.whole = whole;
        this.bytes = whole.asSlice(0, size);
    }

    /** The message, exactly as long as it is; 64-byte aligned. */
    public MemorySegment bytes() {
        return bytes;
    }

    public long size() {
        return bytes.byteSize();
    }

    /** Gives the memory back; the bytes must not be used any more. */
    public void release() {
        pool.giveBack(whole);
    }
}
