package dev.dovetail.runtime.sample;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.train.RunFolder;
import dev.dovetail.runtime.transport.InProcessNetwork;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What the main method of a generated job calls to write text with the model that it trained. */
public final class SampleMain {
    private final String fingerprint;
    private final DecodeProgram program;
    private final int workers;
    private final PrintStream out;
    private final PrintStream err;

    /** @param fingerprint of the training job whose checkpoints are read */
    public SampleMain(String fingerprint, DecodeProgram program, int workers) {
        this(fingerprint, program, workers, System.out, System.err);
    }

    SampleMain(String fingerprint, DecodeProgram program, int workers, PrintStream out, PrintStream err) {
        this.fingerprint = fingerprint;
        this.program = program;
        this.workers = workers;
        this.out = out;
        this.err = err;
    }

    /**
     * Continues the prompt on standard output, token by token, and returns the exit status.
     *
     * @param arguments see {@link SampleOptions}
     * @param home the folder of the training run where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            SampleOptions options = SampleOptions.parse(arguments, home);
            Checkpoint checkpoint = new CheckpointStore(new RunFolder(options.folder()).checkpoints(), 1)
                    .latest()
                    .orElseThrow(() -> new JobFailure(
                            "`" + options.folder() + "` holds no trained model", "train it first: `dovetail run`"));
            checkpoint.requireJob(fingerprint);
            generate(options, checkpoint);
            return ExitStatus.DONE.code();
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private void generate(SampleOptions options, Checkpoint checkpoint) {
        Position alone = new Mesh(List.of()).position(0);
        try (RankArena arena = RankArena.of("the model", program.arenaBytes());
                InProcessNetwork network = new InProcessNetwork(1, Duration.ofMinutes(1));
                Workers threads = new Workers(workers)) {
            RankContext context =
                    new RankContext(alone, arena, network.endpoint(0), threads, Clock.wall(), PlantedBugs.none(alone));
            program.state().forEach(shard -> checkpoint.restore(shard, arena.memory()));
            Decoder decoder = program.open(context);
            byte[] prompt = options.prompt().getBytes(StandardCharsets.UTF_8);
            int[] tokens = new int[prompt.length];
            for (int i = 0; i < prompt.length; i++) {
                tokens[i] = prompt[i] & 0xFF;
            }
            out.writeBytes(prompt);
            new Generation(decoder, options.choice()).run(tokens, options.tokens(), token -> {
                out.write(token);
                out.flush();
            });
            out.println();
        }
    }
}
