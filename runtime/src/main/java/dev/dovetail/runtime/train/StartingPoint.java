package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointException;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.checkpoint.MixedAdapters;
import dev.dovetail.runtime.checkpoint.SparseUpcycling;
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
    private static final String ENCODER = "encoder.";

    /** The norm behind an encoder's last layer: between the two in a whole, in the head of the encoder alone. */
    private static final String HANDED_ON = "embed.source.norm";

    private static final String LAST = "head.head.norm";

    private final Path folder;
    private final Checkpoint saved;
    private final boolean upcycled;

    private StartingPoint(Path folder, Checkpoint saved, boolean upcycled) {
        this.folder = folder;
        this.saved = saved;
        this.upcycled = upcycled;
    }

    /** @throws CheckpointException where the folder holds no checkpoint */
    static Optional<StartingPoint> of(TrainingJob job) {
        if (job.starts().isEmpty()) {
            return Optional.empty();
        }
        List<Checkpoint> saved = job.starts().stream()
                .map(start -> latest(start.folder(), job.checkpointsKept()))
                .toList();
        TrainingJob.Start first = job.starts().getFirst();
        Checkpoint all = saved.size() == 1 ? saved.getFirst() : MixedAdapters.of(saved);
        return Optional.of(new StartingPoint(first.folder(), all, first.upcycled()));
    }

    private static Checkpoint latest(Path folder, int kept) {
        return new CheckpointStore(new RunFolder(folder).checkpoints(), kept)
                .latest()
                .orElseThrow(() -> new CheckpointException(
                        "there is no checkpoint to start from in `" + folder + "`",
                        "run the job that writes there first, or correct `from`"));
    }

    void fill(List<StateShard> state, RankMemory memory, StateInitializer initializer) {
        Checkpoint checkpoint = upcycled ? SparseUpcycling.of(saved, state) : saved;
        Set<String> names = new HashSet<>(checkpoint.tensors());
        boolean ofEncoder = isOfEncoder(state, names);
        Set<String> known = state.stream()
                .map(StateShard::tensor)
                .filter(tensor -> names.contains(ofEncoder ? inEncoder(tensor) : tensor))
                .collect(Collectors.toSet());
        requireFrozen(state, known);
        List<StateShard> weights = state.stream()
                .filter(shard -> isWeight(shard) && known.contains(shard.tensor()))
                .map(shard -> ofEncoder ? shard.named(inEncoder(shard.tensor())) : shard)
                .toList();
        weights.forEach(checkpoint::requireWeight);
        weights.forEach(shard -> checkpoint.restoreWeight(shard, memory));
        state.stream()
                .filter(shard -> !isWeight(shard) || !known.contains(shard.tensor()))
                .forEach(shard -> initializer.fill(shard, memory));
    }

    /** Whether the other run was of this model's encoder alone: what else the model has starts from the seed. */
    private static boolean isOfEncoder(List<StateShard> state, Set<String> saved) {
        return state.stream().anyMatch(shard -> shard.tensor().startsWith(ENCODER))
                && saved.stream().noneMatch(tensor -> tensor.startsWith(ENCODER));
    }

    /** What a run of the encoder alone calls a tensor of the whole; nothing where it is not the encoder's. */
    private static String inEncoder(String tensor) {
        if (tensor.startsWith(HANDED_ON)) {
            return LAST + tensor.substring(HANDED_ON.length());
        }
        return tensor.startsWith(ENCODER) ? tensor.substring(ENCODER.length()) : "";
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
