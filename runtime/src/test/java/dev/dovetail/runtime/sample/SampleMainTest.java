package dev.dovetail.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.train.Progress;
import dev.dovetail.runtime.train.RunFolder;
import dev.dovetail.runtime.train.RunSetup;
import dev.dovetail.runtime.train.ThreadLauncher;
import dev.dovetail.runtime.train.TinyJob;
import dev.dovetail.runtime.train.TinyProgram;
import dev.dovetail.runtime.train.TrainingJob;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleMainTest {
    @TempDir
    private Path folder;

    private record Outcome(int status, String out, String err) {}

    private Outcome sample(TrainingJob job, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        SampleMain main = new SampleMain(
                job,
                new TinyDecodeProgram(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        int status = main.run(arguments, folder.resolve("run"));
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private TrainingJob train() throws IOException {
        Path text = TinyJob.writeText(folder.resolve("text.txt"));
        TrainingJob job = TinyJob.job(text, 2, 2, 300, 0);
        RunFolder run = new RunFolder(folder.resolve("run"));
        CheckpointStore store = new CheckpointStore(run.checkpoints(), 1);
        RunSetup setup = new RunSetup(
                job,
                TinyProgram.factory(job, true),
                HostMemory.source(),
                job.data().read(),
                store,
                Optional.empty(),
                () -> false,
                Clock.wall(),
                RunSetup.Planted.nothing(),
                false);
        try (RunFolder.Claim claim = run.claim();
                Progress progress = Progress.lines(
                        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))) {
            new ThreadLauncher(setup, Duration.ofSeconds(60)).run(run, progress);
        }
        return job;
    }

    /** The same job but for what tells loss curves apart. */
    private static TrainingJob otherThan(TrainingJob job) {
        return new TrainingJob(
                job.name(),
                "another spec",
                job.mesh(),
                job.steps(),
                job.batch(),
                job.microbatch(),
                job.sequence(),
                job.seed(),
                job.learningRate(),
                job.data(),
                job.checkpointEvery(),
                job.checkpointsKept(),
                job.evaluationBatches(),
                job.workers(),
                job.prediction());
    }

    @Test
    void aModelTrainedOnFourRanksWritesOnOne() throws IOException {
        TrainingJob job = train();
        Outcome greedy = sample(job, "--prompt", "th", "--tokens", "2", "--temperature", "0");
        assertEquals("", greedy.err());
        assertEquals("the \n", greedy.out());
        Outcome once = sample(job, "--prompt", "an", "--tokens", "40", "--seed", "5");
        assertTrue(once.out().startsWith("an") && once.out().length() > 40, once.out());
        assertEquals(
                once.out(),
                sample(job, "--prompt", "an", "--tokens", "40", "--seed", "5").out());
        assertEquals(3, sample(otherThan(job), "--prompt", "a").status());
    }

    @Test
    void theCheckCountsWordsThatHeldOutTextKnows() throws IOException {
        Outcome checked = sample(train(), "--prompt", "the ", "--tokens", "200", "--check");
        assertEquals("", checked.err());
        List<String> lines = checked.out().lines().toList();
        assertTrue(
                lines.getLast()
                        .matches(
                                "\\d+ of its \\d+ identifiers and keywords, \\d+\\.\\d %, occur in the held-out text; in"
                                        + " text written by counting triples of bytes \\d+\\.\\d %"),
                checked.out());
    }

    @Test
    void whatCannotBeSampledIsTold() throws IOException {
        TrainingJob job = TinyJob.job(TinyJob.writeText(folder.resolve("text.txt")), 1, 1, 1, 0);
        Outcome untrained = sample(job, "--prompt", "a");
        assertEquals(3, untrained.status());
        assertTrue(untrained.err().contains("holds no trained model"), untrained.err());
        assertEquals(64, sample(job).status(), "no prompt");
        assertEquals(64, sample(job, "--prompt", "a", "--tokens", "0").status());
        assertEquals(64, sample(job, "--prompt", "a", "--temperature", "-1").status());
        assertEquals(64, sample(job, "--promt", "a").status());
        assertEquals(64, sample(job, "--prompt").status());
    }
}
