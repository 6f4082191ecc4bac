package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Manifest;
import dev.dovetail.runtime.checkpoint.StateOwnership;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.PlantedBug;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** Fills a rank's state at the start and saves it with all other ranks. */
final class StateKeeper {
    private final RunSetup setup;
    private final Position position;
    private final RankMemory memory;
    private final ControlChannel control;
    private final JsonMapper json = JsonMapper.builder().build();

    StateKeeper(RunSetup setup, Position position, RankMemory memory, ControlChannel control) {
        this.setup = setup;
        this.position = position;
        this.memory = memory;
        this.control = control;
    }

    /** From the checkpoint if there is one, else from the run the job starts from, else from the seed. */
    void fill(List<StateShard> state, PlantedBugs bugs) {
        StateInitializer initializer = new StateInitializer(setup.job().seed());
        Optional<StartingPoint> start = setup.resume().isPresent() ? Optional.empty() : StartingPoint.of(setup.job());
        setup.resume()
                .ifPresentOrElse(
                        checkpoint -> {
                            checkpoint.requireJob(setup.job().fingerprint());
                            state.forEach(shard -> checkpoint.restore(shard, memory));
                            loseMoments(state, bugs);
                        },
                        () -> start.ifPresentOrElse(
                                from -> from.fill(state, memory, initializer),
                                () -> state.forEach(shard -> initializer.fill(shard, memory))));
    }

    /** Does something only where a test planted a fault. */
    private void loseMoments(List<StateShard> state, PlantedBugs bugs) {
        String first =
                state.stream().map(StateShard::tensor).sorted().findFirst().orElse("");
        boolean all = bugs.has(PlantedBug.MOMENTS_LOST);
        boolean one = bugs.has(PlantedBug.MOMENTS_OF_ONE_TENSOR_LOST);
        state.stream()
                .filter(shard -> shard.kind() == StateKind.FIRST_MOMENT || shard.kind() == StateKind.SECOND_MOMENT)
                .filter(shard -> all || (one && shard.tensor().equals(first)))
                .forEach(shard -> memory.zero(shard.offset(), shard.bytes()));
    }

    /** All ranks call it together; returns when the checkpoint is valid. */
    void save(long nextStep) {
        if (control.isFirst()) {
            setup.store().begin(nextStep);
        }
        control.fromFirst(new byte[0]);
        List<StateShard> owned = StateOwnership.owned(position, setup.programs());
        Manifest.StateFile own = setup.store().writeRank(nextStep, position.rank(), owned, memory);
        List<byte[]> files = control.gather(json.writeValueAsString(own).getBytes(StandardCharsets.UTF_8));
        if (control.isFirst()) {
            setup.store().commit(manifest(nextStep, files));
        }
        control.fromFirst(new byte[0]);
    }

    private Manifest manifest(long nextStep, List<byte[]> files) {
        TrainingJob job = setup.job();
        return new Manifest(
                Manifest.SCHEMA,
                job.fingerprint(),
                nextStep,
                job.seed(),
                nextStep * job.batch(),
                job.mesh().toString(),
                files.stream()
                        .map(bytes -> json.readValue(bytes, Manifest.StateFile.class))
                        .toList());
    }
}
