package dev.dovetail.runtime.memory;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The bytes a rank computes on: in this process's own memory, or in that of a device. Offsets and lengths are bytes.
 *
 * <p>What is read is what everything asked for before has left there. Used by the rank's own thread only.
 */
public interface RankMemory extends AutoCloseable {
    long byteSize();

    /** Fills {@code target} with what lies at {@code offset}. */
    void read(long offset, MemorySegment target);

    /** Copies all of {@code source} to {@code offset}; the source may change once this returns. */
    void write(long offset, MemorySegment source);

    /** Copies within this memory; the two stretches do not overlap. */
    void copy(long from, long to, long bytes);

    void zero(long offset, long bytes);

    /** What lies at {@code offset}, to be looked at before the next call. */
    MemorySegment view(long offset, long bytes);

    /** Has {@code writer} write what shall lie at {@code offset}; what it leaves out is undefined. */
    void edit(long offset, long bytes, Consumer<MemorySegment> writer);

    /** Waits until everything asked for has been done. */
    void finish();

    @Override
    void close();

    /** Where ranks get their memory. */
    interface Source {
        /** Throws where the ranks of a job, which need {@code bytes} in all, cannot have them here. */
        void require(long bytes, String what);

        /** Memory of one rank, zero at the start; called on the thread that will use it. */
        RankMemory allocate(int rank, String name, long bytes);
    }
}
