package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Decides which rank writes what several ranks hold alike: the lowest of them. */
public final class StateOwnership {
    private record Part(String tensor, StateKind kind, List<Long> start, List<Long> extent, long first, long count) {}

    private StateOwnership() {}

    /** The parts that the rank at {@code position} writes; the same answer in every process. */
    public static List<StateShard> owned(Position position, RankProgram.Factory programs) {
        Set<Part> below = new HashSet<>();
        for (int rank = 0; rank < position.rank(); rank++) {
            programs.create(position.mesh().position(rank)).state().forEach(shard -> below.add(part(shard)));
        }
        return programs.create(position).state().stream()
                .filter(shard -> shard.count() > 0 && !below.contains(part(shard)))
                .toList();
    }

    private static Part part(StateShard shard) {
        return new Part(shard.tensor(), shard.kind(), shard.start(), shard.extent(), shard.first(), shard.count());
    }
}
