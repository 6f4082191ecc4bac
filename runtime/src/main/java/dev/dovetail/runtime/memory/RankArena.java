package dev.dovetail.runtime.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** All memory of one rank, of the solved size, with its ledger. */
public final class RankArena implements AutoCloseable {
    /**
     * A quiet NaN, as float64 and as two float32, that no computation yields. Poisoned memory that is read before it is
     * written turns the loss into NaN; poisoned memory that is still there was never used.
     */
    static final long POISON = 0x7FF8_DEAD_7FF8_DEADL;

    /** Poison is written, and looked for, in pieces of so many bytes. */
    private static final long PIECE = 1 << 20;

    private static final MemorySegment POISONED = poisoned(1 << 9);

    private final RankMemory memory;
    private final MemoryLedger ledger;
    /** Of slower memory behind the arena's last address. */
    private final MemoryLedger beside = new MemoryLedger(Long.MAX_VALUE);

    private final boolean poisoned;

    private RankArena(RankMemory memory, long bytes, boolean poisoned) {
        this.memory = memory;
        ledger = new MemoryLedger(bytes);
        this.poisoned = poisoned;
        if (poisoned) {
            poison(0, memory.byteSize());
        }
    }

    /** Zeroed memory for {@code rank}. */
    public static RankArena of(String rank, long bytes) {
        return of(HostMemory.of(rank, bytes), bytes);
    }

    /** Zeroed memory from elsewhere, which the arena closes. */
    public static RankArena of(RankMemory memory, long bytes) {
        return new RankArena(memory, bytes, false);
    }

    /** Memory that shows mistakes: NaN until written, and NaN again once freed. For tests and hunting bugs. */
    public static RankArena poisoned(String rank, long bytes) {
        return poisoned(HostMemory.of(rank, bytes), bytes);
    }

    /** As above, in memory from elsewhere. */
    public static RankArena poisoned(RankMemory memory, long bytes) {
        return new RankArena(memory, bytes, true);
    }

    public RankMemory memory() {
        return memory;
    }

    public MemoryLedger ledger() {
        return ledger;
    }

    public void allocate(MemoryPart part, int microbatch, long offset, long bytes) {
        ledgerOf(offset).allocate(part, microbatch, offset, bytes);
    }

    private MemoryLedger ledgerOf(long offset) {
        return offset < ledger.capacity() ? ledger : beside;
    }

    public void free(long offset, long bytes) {
        ledgerOf(offset).free(offset, bytes);
        if (poisoned) {
            poison(offset, bytes);
        }
    }

    private void poison(long offset, long bytes) {
        for (long at = 0; at < bytes / 8 * 8; at += PIECE) {
            memory.edit(offset + at, Math.min(PIECE, bytes / 8 * 8 - at), RankArena::poison);
        }
    }

    private static void poison(MemorySegment piece) {
        for (long at = 0; at < piece.byteSize(); at += POISONED.byteSize()) {
            MemorySegment.copy(POISONED, 0, piece, at, Math.min(POISONED.byteSize(), piece.byteSize() - at));
        }
    }

    private static MemorySegment poisoned(int words) {
        long[] pattern = new long[words];
        Arrays.fill(pattern, POISON);
        return MemorySegment.ofArray(pattern).asReadOnly();
    }

    /** Bytes of a poisoned arena, in words of 8, that something was written to and that were not freed since. */
    public long touchedBytes() {
        if (!poisoned) {
            throw new IllegalStateException("only a poisoned arena knows what was touched");
        }
        long touched = 0;
        for (long at = 0; at < memory.byteSize(); at += PIECE) {
            touched += touched(memory.view(at, Math.min(PIECE, memory.byteSize() - at)));
        }
        return touched;
    }

    private static long touched(MemorySegment piece) {
        long touched = 0;
        for (long at = 0; at + 8 <= piece.byteSize(); at += 8) {
            touched += piece.get(ValueLayout.JAVA_LONG_UNALIGNED, at) == POISON ? 0 : 8;
        }
        return touched;
    }

    @Override
    public void close() {
        memory.close();
    }
}
