package dev.dovetail.runtime.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointStore;
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
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleMainTest {
    @TempDir
    private Path folder;

    private record Outcome(int status, String out, String err) {}

    private Outcome sample(String fingerprint, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        SampleMain main = new SampleMain(
                fingerprint,
                new TinyDecodeProgram(),
                1,
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

    @Test
    void aModelTrainedOnFourRanksWritesOnOne() throws IOException {
        String fingerprint = train().fingerprint();
        Outcome greedy = sample(fingerprint, "--prompt", "th", "--tokens", "2", "--temperature", "0");
        assertEquals("", greedy.err());
        assertEquals("the \n", greedy.out());
        Outcome once = sample(fingerprint, "--prompt", "an", "--tokens", "40", "--seed", "5");
        assertTrue(once.out().startsWith("an") && once.out().length() > 40, once.out());
        assertEquals(
                once.out(),
                sample(fingerprint, "--prompt", "an", "--tokens", "40", "--seed", "5")
                        .out());
        assertEquals(3, sample("another spec", "--prompt", "a").status());
    }

    @Test
    void whatCannotBeSampledIsTold() {
        Outcome untrained = sample("tiny", "--prompt", "a");
        assertEquals(3, untrained.status());
        assertTrue(untrained.err().contains("holds no trained model"), untrained.err());
        assertEquals(64, sample("tiny").status(), "no prompt");
        assertEquals(64, sample("tiny", "--prompt", "a", "--tokens", "0").status());
        assertEquals(64, sample("tiny", "--prompt", "a", "--temperature", "-1").status());
        assertEquals(64, sample("tiny", "--promt", "a").status());
        assertEquals(64, sample("tiny", "--prompt").status());
    }
}
