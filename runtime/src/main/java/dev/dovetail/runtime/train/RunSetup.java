package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.data.DataSet;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.PlantedBug;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.time.Clock;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What all ranks of one process share when a run starts; nothing in it changes.
 *
 * @param memory where ranks get their arenas
 * @param resume the checkpoint to go on from
 * @param interrupted whether someone asked this process to end
 * @param planted a fault put in by a test
 * @param poisoned whether arenas show reads of memory that was never written
 */
public record RunSetup(
        TrainingJob job,
        RankProgram.Factory programs,
        RankMemory.Source memory,
        DataSet data,
        CheckpointStore store,
        Optional<Checkpoint> resume,
        BooleanSupplier interrupted,
        Clock clock,
        Planted planted,
        boolean poisoned) {
    /** Which fault a test planted, and in which step if it happens once. */
    public record Planted(Optional<PlantedBug> bug, long atStep) {
        public static Planted nothing() {
            return new Planted(Optional.empty(), 0);
        }

        PlantedBugs at(Position position) {
            return new PlantedBugs(bug, atStep, position);
        }
    }

    long firstStep() {
        return resume.map(Checkpoint::step).orElse(0L);
    }
}
