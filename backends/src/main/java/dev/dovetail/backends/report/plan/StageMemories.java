package dev.dovetail.backends.report.plan;

import dev.dovetail.backends.report.data.StageMemory;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.units.Bytes;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** A stage's memory as planned. */
final class StageMemories {
    private StageMemories() {}

    static StageMemory of(RankClass rank, Bytes limit) {
        var planned = new EnumMap<MemoryPart, Bytes>(MemoryPart.class);
        rank.memory().forEach((part, bytes) -> planned.put(part, Bytes.of(bytes)));
        return new StageMemory(
                "stage " + rank.stage(),
                rank.stage(),
                planned,
                Bytes.of(rank.arenaBytes()),
                Map.of(),
                Optional.empty(),
                Optional.of(limit),
                Bytes.of(rank.far().bytes()));
    }
}
