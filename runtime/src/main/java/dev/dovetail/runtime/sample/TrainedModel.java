package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.train.RunFolder;
import dev.dovetail.runtime.train.TrainingJob;
import dev.dovetail.runtime.transport.InProcessNetwork;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a job has trained, on one rank.
 *
 * @param job whose checkpoints are read
 * @param memory where it computes
 */
record TrainedModel<M>(TrainingJob job, SampleProgram<M> program, RankMemory.Source memory) {

    /** Opens the last model of the run in {@code folder} while it is used. */
    void use(Path folder, Consumer<M> user) {
        Checkpoint checkpoint = new CheckpointStore(new RunFolder(folder).checkpoints(), 1)
                .latest()
                .orElseThrow(() ->
                        new JobFailure("`" + folder + "` holds no trained model", "train it first: `dovetail run`"));
        checkpoint.requireJob(job.fingerprint());
        Position alone = new Mesh(List.of()).position(0);
        memory.require(program.arenaBytes(), "the model");
        RankMemory bytes = memory.allocate(0, "the model", program.arenaBytes());
        try (RankArena arena = RankArena.of(bytes, program.arenaBytes());
                InProcessNetwork network = new InProcessNetwork(1, Duration.ofMinutes(1));
                Workers threads = new Workers(job.workers())) {
            RankContext context =
                    new RankContext(alone, arena, network.endpoint(0), threads, Clock.wall(), PlantedBugs.none(alone));
            program.state().forEach(shard -> checkpoint.restore(shard, arena.memory()));
            user.accept(program.open(context));
        }
    }
}
