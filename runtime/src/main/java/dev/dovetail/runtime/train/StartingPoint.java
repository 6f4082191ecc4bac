package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointException;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The weights of an earlier run that a job starts from. What this job has and the other had not (low-rank updates) starts from
 * the seed, if it trains; moments start at zero. Everything is compared before anything is copied.
 */
final class StartingPoint {
    private final Path folder;
    private final Checkpoint checkpoint;

    private StartingPoint(Path folder, Checkpoint checkpoint) {
        this.folder = folder;
        this.checkpoint = checkpoint;
    }

    /** @throws CheckpointException where the folder holds no checkpoint */
    static Optional<StartingPoint> of(TrainingJob job) {
        return job.start().map(folder -> {
            var store = new CheckpointStore(new RunFolder(folder).checkpoints(), job.checkpointsKept());
            return new StartingPoint(
                    folder,
                    store.latest()
                            .orElseThrow(() -> new CheckpointException(
                                    "there is no checkpoint to start from in `" + folder + "`",
                                    "run the job that writes there first, or correct `from`")));
        });
    }

    void fill(List<StateShard> state, RankMemory memory, StateInitializer initializer) {
        Set<String> known = new HashSet<>(checkpoint.tensors());
        requireFrozen(state, known);
        List<StateShard> weights = state.stream()
                .filter(shard -> isWeight(shard) && known.contains(shard.tensor()))
                .toList();
        weights.forEach(checkpoint::requireWeight);
        weights.forEach(shard -> checkpoint.restoreWeight(shard, memory));
        state.stream()
                .filter(shard -> !isWeight(shard) || !known.contains(shard.tensor()))
                .forEach(shard -> initializer.fill(shard, memory));
    }

    private static boolean isWeight(StateShard shard) {
        return shard.kind() == StateKind.WEIGHT || shard.kind() == StateKind.MASTER;
    }

    /** What does not train (it has no moments) would stay random for ever. */
    private void requireFrozen(List<StateShard> state, Set<String> known) {
        Set<String> trained = state.stream()
                .filter(shard -> shard.kind() == StateKind.FIRST_MOMENT)
                .map(StateShard::tensor)
                .collect(Collectors.toSet());
        Optional<String> missing = state.stream()
                .map(StateShard::tensor)
                .filter(tensor -> !trained.contains(tensor) && !known.contains(tensor))
                .findFirst();
        if (missing.isPresent()) {
            throw new CheckpointException(
                    "`" + missing.get() + "` does not train, and the run in `" + folder + "` has no weights for it",
                    "start from a run of the same model");
        }
    }
}
