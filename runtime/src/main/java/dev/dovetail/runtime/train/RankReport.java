package dev.dovetail.runtime.train;

import dev.dovetail.runtime.memory.MachineMemory;
import dev.dovetail.runtime.memory.MemoryLedger;
import dev.dovetail.runtime.memory.MemoryPart;
import dev.dovetail.runtime.rank.EventRecorder;
import dev.dovetail.runtime.rank.RankContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one rank measured over a run.
 *
 * @param place as messages name it
 * @param arenaBytes what its plan asked for
 * @param peakBytes the most that was in use at once, by the ledger
 * @param highestByte the end of the highest allocation
 * @param peakByPart the most of each part of memory
 * @param liveMicrobatches the most micro-batches with activations in use at once
 * @param messageBytes memory for messages, outside the arena
 * @param residentBytes the most memory its process had from the system, heap and all; shared by ranks of one process
 * @param events the timeline of one step
 */
public record RankReport(
        int rank,
        String place,
        long arenaBytes,
        long peakBytes,
        long highestByte,
        Map<String, Long> peakByPart,
        int liveMicrobatches,
        long messageBytes,
        long residentBytes,
        List<EventRecorder.Event> events) {
    static RankReport of(RankContext context, long messageBytes, List<EventRecorder.Event> events) {
        MemoryLedger ledger = context.ledger();
        Map<String, Long> parts = new LinkedHashMap<>();
        for (MemoryPart part : MemoryPart.values()) {
            parts.put(part.name().toLowerCase(java.util.Locale.ROOT), ledger.peak(part));
        }
        return new RankReport(
                context.position().rank(),
                context.position().toString(),
                ledger.capacity(),
                ledger.peakLiveBytes(),
                ledger.highestEnd(),
                parts,
                ledger.peakMicrobatches(),
                messageBytes,
                MachineMemory.residentPeak(),
                events);
    }

    /** The order in which the traced step ran, as `FORWARD stage.microbatch`. */
    public List<String> order() {
        return events.stream().map(EventRecorder.Event::label).toList();
    }
}
