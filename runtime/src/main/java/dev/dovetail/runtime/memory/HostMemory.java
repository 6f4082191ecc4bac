package dev.dovetail.runtime.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/** A rank's memory in this process: one off-heap segment, 64-byte aligned. */
public final class HostMemory implements RankMemory {
    /** What a segment is aligned to: a cache line. */
    private static final long ALIGNMENT = 64;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    private HostMemory(String name, long bytes) {
        MachineMemory.read().require(bytes, name);
        try {
            segment = arena.allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw new MachineMemoryException(
                    name + " needs " + MachineMemory.gigabytes(bytes) + " of memory and the system refused it: "
                            + e.getMessage(),
                    "raise the process's memory limit (`ulimit -v`), or plan with less memory");
        }
    }

    /** Zeroed memory for {@code name}. */
    public static HostMemory of(String name, long bytes) {
        return new HostMemory(name, bytes);
    }

    /** Gives ranks the memory of this process. */
    public static Source source() {
        return new Source() {
            @Override
            public void require(long bytes, String what) {
                MachineMemory.read().require(bytes, what);
            }

            @Override
            public RankMemory allocate(int rank, String name, long bytes) {
                return HostMemory.of(name, bytes);
            }
        };
    }

    /** All of it, for kernels that run on this processor. */
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public long byteSize() {
        return segment.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        MemorySegment.copy(segment, offset, target, 0, target.byteSize());
    }

    @Override
    public void write(long offset, MemorySegment source) {
        MemorySegment.copy(source, 0, segment, offset, source.byteSize());
    }

    @Override
    public void copy(long from, long to, long bytes) {
        MemorySegment.copy(segment, from, segment, to, bytes);
    }

    @Override
    public void zero(long offset, long bytes) {
        segment.asSlice(offset, bytes).fill((byte) 0);
    }

    @Override
    public MemorySegment view(long offset, long bytes) {
        return segment.asSlice(offset, bytes).asReadOnly();
    }

    @Override
    public void edit(long offset, long bytes, Consumer<MemorySegment> writer) {
        writer.accept(segment.asSlice(offset, bytes));
    }

    /** Nothing: what is asked of the host is done when the call returns. */
    @Override
    public void finish() {}

    @Override
    public void close() {
        arena.close();
    }
}
