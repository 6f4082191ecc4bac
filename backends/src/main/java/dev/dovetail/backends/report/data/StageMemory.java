package dev.dovetail.backends.report.data;

import dev.dovetail.backends.report.data.Run.RankMemory;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.units.Bytes;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What each rank of one pipeline stage holds when it holds most.
 *
 * @param stage its number
 * @param planned the plan's account, part by part
 * @param total the plan's peak; more than its parts where the packing leaves gaps
 * @param measured the most a rank of the stage held of each part, where a run told; parts may peak at different times
 * @param peak the most a rank held at once, where a run told
 * @param limit what the device has for it
 * @param beside what a rank keeps in slower memory, beside the peak
 */
public record StageMemory(
        String name,
        int stage,
        Map<MemoryPart, Bytes> planned,
        Bytes total,
        Map<MemoryPart, Bytes> measured,
        Optional<Bytes> peak,
        Optional<Bytes> limit,
        Bytes beside) {

    public StageMemory {
        planned = ordered(planned);
        measured = ordered(measured);
    }

    /** What lies unused between the parts at the peak. */
    public Bytes gaps() {
        Bytes used = planned.values().stream().reduce(Bytes.ZERO, Bytes::plus);
        return total.minus(used.compareTo(total) < 0 ? used : total);
    }

    /** The same stage beside what its ranks measured; ranks of other stages are passed over. */
    public StageMemory measuredBy(List<RankMemory> ranks) {
        var most = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        var mine = ranks.stream().filter(rank -> rank.stage() == stage).toList();
        mine.forEach(rank -> rank.parts().forEach((part, bytes) -> most.merge(part, bytes, Bytes::max)));
        return new StageMemory(
                name,
                stage,
                planned,
                total,
                most,
                mine.stream().map(RankMemory::peak).reduce(Bytes::max),
                limit,
                beside);
    }

    private static Map<MemoryPart, Bytes> ordered(Map<MemoryPart, Bytes> parts) {
        var copy = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        copy.putAll(parts);
        return Collections.unmodifiableMap(copy);
    }
}
