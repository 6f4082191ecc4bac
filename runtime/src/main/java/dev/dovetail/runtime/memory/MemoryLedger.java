package dev.dovetail.runtime.memory;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What of a rank's arena is in use, as its instructions say it: the measured side of the plan's memory account.
 *
 * <p>Offsets are solved before the run; the ledger is what shows that they hold. An allocation that overlaps a live one,
 * leaves the arena, or a free of something not allocated is a bug of the plan and stops the rank.
 */
public final class MemoryLedger {
    /** Belongs to no micro-batch. */
    public static final int NO_MICROBATCH = -1;

    private record Live(MemoryPart part, int microbatch, long bytes) {}

    private final long capacity;
    private final TreeMap<Long, Live> live = new TreeMap<>();
    private final EnumMap<MemoryPart, long[]> parts = new EnumMap<>(MemoryPart.class);
    private final Map<Integer, Integer> liveMicrobatches = new HashMap<>();
    private long liveBytes;
    private long peakLiveBytes;
    private long highestEnd;
    private int peakMicrobatches;

    public MemoryLedger(long capacity) {
        this.capacity = capacity;
        for (MemoryPart part : MemoryPart.values()) {
            parts.put(part, new long[2]);
        }
    }

    /** Bytes {@code [offset, offset + bytes)} are in use from here on, by no particular micro-batch. */
    public void allocate(MemoryPart part, long offset, long bytes) {
        allocate(part, NO_MICROBATCH, offset, bytes);
    }

    /** Bytes {@code [offset, offset + bytes)} hold something of {@code microbatch} until they are freed. */
    public void allocate(MemoryPart part, int microbatch, long offset, long bytes) {
        if (bytes == 0) {
            return;
        }
        if (offset < 0 || bytes < 0 || offset > capacity - bytes) {
            throw new IllegalStateException("bytes " + offset + " to " + (offset + bytes) + " for "
                    + describe(part, microbatch) + " leave an arena of " + capacity);
        }
        rejectOverlap(part, microbatch, offset, bytes);
        live.put(offset, new Live(part, microbatch, bytes));
        liveBytes += bytes;
        peakLiveBytes = Math.max(peakLiveBytes, liveBytes);
        highestEnd = Math.max(highestEnd, offset + bytes);
        long[] ofPart = parts.get(part);
        ofPart[0] += bytes;
        ofPart[1] = Math.max(ofPart[1], ofPart[0]);
        if (part == MemoryPart.ACTIVATIONS && microbatch != NO_MICROBATCH) {
            liveMicrobatches.merge(microbatch, 1, Integer::sum);
            peakMicrobatches = Math.max(peakMicrobatches, liveMicrobatches.size());
        }
    }

    private void rejectOverlap(MemoryPart part, int microbatch, long offset, long bytes) {
        Map.Entry<Long, Live> before = live.lowerEntry(offset + bytes);
        if (before != null && before.getKey() + before.getValue().bytes() > offset) {
            Live other = before.getValue();
            throw new IllegalStateException("bytes " + offset + " to " + (offset + bytes) + " for "
                    + describe(part, microbatch) + " overlap live " + describe(other.part(), other.microbatch())
                    + " at " + before.getKey() + " to " + (before.getKey() + other.bytes()));
        }
    }

    /** What was allocated at {@code offset} is no longer needed. */
    public void free(long offset, long bytes) {
        if (bytes == 0) {
            return;
        }
        Live freed = live.remove(offset);
        if (freed == null || freed.bytes() != bytes) {
            throw new IllegalStateException(
                    "free of bytes " + offset + " to " + (offset + bytes) + ", which were not allocated together");
        }
        liveBytes -= bytes;
        parts.get(freed.part())[0] -= bytes;
        if (freed.part() == MemoryPart.ACTIVATIONS && freed.microbatch() != NO_MICROBATCH) {
            liveMicrobatches.computeIfPresent(freed.microbatch(), (key, count) -> count == 1 ? null : count - 1);
        }
    }

    private static String describe(MemoryPart part, int microbatch) {
        String name = part.name().toLowerCase(java.util.Locale.ROOT);
        return microbatch == NO_MICROBATCH ? name : name + " of micro-batch " + microbatch;
    }

    /** Size of the arena. */
    public long capacity() {
        return capacity;
    }

    public long liveBytes() {
        return liveBytes;
    }

    /** The most bytes that were in use at one time. */
    public long peakLiveBytes() {
        return peakLiveBytes;
    }

    /** The end of the highest allocation so far: what the arena had to be big enough for. */
    public long highestEnd() {
        return highestEnd;
    }

    /** The most bytes that {@code part} had in use at one time. */
    public long peak(MemoryPart part) {
        return parts.get(part)[1];
    }

    /** The most micro-batches that had activations in use at one time. */
    public int peakMicrobatches() {
        return peakMicrobatches;
    }
}
