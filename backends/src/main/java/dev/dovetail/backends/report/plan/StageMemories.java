package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.Run;
import dev.dovetail.backends.report.data.Run.RankMemory;
import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.units.Bytes;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A stage's memory as planned, beside what its ranks measured. */
final class StageMemories {
    private StageMemories() {}

    static StageMemory of(RankClass rank, Optional<Run> run, Bytes limit) {
        var planned = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        rank.memory().forEach((part, bytes) -> planned.put(part, Bytes.of(bytes)));
        List<RankMemory> ranks = run.stream()
                .flatMap(measured -> measured.ranks().stream())
                .filter(measured -> measured.stage() == rank.stage())
                .toList();
        return new StageMemory(
                "stage " + rank.stage(),
                planned,
                Bytes.of(rank.arenaBytes()),
                measured(ranks),
                ranks.stream().map(RankMemory::peak).reduce(Bytes::max),
                Optional.of(limit));
    }

    private static Map<MemoryPart, Bytes> measured(List<RankMemory> ranks) {
        var most = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        ranks.forEach(rank -> rank.parts().forEach((part, bytes) -> most.merge(part, bytes, Bytes::max)));
        return most;
    }
}
