package dev.dovetail.runtime.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** All memory of one rank: one off-heap segment of the solved size, 64-byte aligned, with its ledger. */
public final class RankArena implements AutoCloseable {
    /**
     * A quiet NaN, as float64 and as two float32, that no computation yields. Poisoned memory that is read before it is
     * written turns the loss into NaN; poisoned memory that is still there was never used.
     */
    static final long POISON = 0x7FF8_DEAD_7FF8_DEADL;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    private final MemoryLedger ledger;
    private final boolean poisoned;

    private RankArena(String rank, long bytes, boolean poisoned) {
        MachineMemory.read().require(bytes, rank);
        try {
            memory = arena.allocate(Math.max(bytes, 64), 64);
        } catch (OutOfMemoryError e) {
            arena.close();
            throw new MachineMemoryException(
                    rank + " needs " + MachineMemory.gigabytes(bytes) + " of memory and the system refused it: "
                            + e.getMessage(),
                    "raise the process's memory limit (`ulimit -v`), or plan with less memory");
        }
        ledger = new MemoryLedger(bytes);
        this.poisoned = poisoned;
        if (poisoned) {
            poison(0, memory.byteSize());
        }
    }

    /** Zeroed memory for {@code rank}. */
    public static RankArena of(String rank, long bytes) {
        return new RankArena(rank, bytes, false);
    }

    /** Memory that shows mistakes: NaN until written, and NaN again once freed. For tests and hunting bugs. */
    public static RankArena poisoned(String rank, long bytes) {
        return new RankArena(rank, bytes, true);
    }

    public MemorySegment memory() {
        return memory;
    }

    public MemoryLedger ledger() {
        return ledger;
    }

    public void allocate(MemoryPart part, int microbatch, long offset, long bytes) {
        ledger.allocate(part, microbatch, offset, bytes);
    }

    public void free(long offset, long bytes) {
        ledger.free(offset, bytes);
        if (poisoned) {
            poison(offset, bytes);
        }
    }

    private void poison(long offset, long bytes) {
        for (long at = offset; at + 8 <= offset + bytes; at += 8) {
            memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, POISON);
        }
    }

    /** Bytes of a poisoned arena, in words of 8, that something was written to and that were not freed since. */
    public long touchedBytes() {
        if (!poisoned) {
            throw new IllegalStateException("only a poisoned arena knows what was touched");
        }
        long touched = 0;
        for (long at = 0; at + 8 <= memory.byteSize(); at += 8) {
            touched += memory.get(ValueLayout.JAVA_LONG, at) == POISON ? 0 : 8;
        }
        return touched;
    }

    @Override
    public void close() {
        arena.close();
    }
}
