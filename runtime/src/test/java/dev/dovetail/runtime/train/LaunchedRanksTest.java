package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.collective.RankGroup;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Ranks that somebody else started, here under the variables that Slurm would leave; each is a process of its own. */
class LaunchedRanksTest {
    /** Long enough for a loaded machine; no test waits for it when things are right. */
    private static final long MOST_SECONDS = 120;

    private final int port = RankGroup.freePort();
    private final List<Process> started = new ArrayList<>();

    @TempDir
    private Path folder;

    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = TinyJob.writeText(folder.resolve("text.txt"));
    }

    @AfterEach
    void stopWhatStillRuns() {
        started.forEach(Process::destroyForcibly);
    }

    private Process start(int rank, int world, Path output, List<String> properties, String... arguments)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
        if (properties.stream().noneMatch(property -> property.startsWith("text="))) {
            command.add("-Dtiny.text=" + text);
        }
        properties.forEach(property -> command.add("-Dtiny." + property));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), TinyJob.class.getName()));
        command.addAll(List.of("--output", output.toString(), "--patience", "60"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve(started.size() + ".out").toFile())
                .redirectError(folder.resolve(started.size() + ".err").toFile());
        builder.environment()
                .putAll(Map.of(
                        "SLURM_PROCID",
                        Integer.toString(rank),
                        "SLURM_STEP_NUM_TASKS",
                        Integer.toString(world),
                        "SLURM_JOB_ID",
                        "1",
                        "SLURM_STEP_ID",
                        "0",
                        "DOVETAIL_RENDEZVOUS",
                        "127.0.0.1:" + port));
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private List<Process> startAll(int world, Path output, List<String> properties, String... arguments)
            throws IOException {
        List<Process> ranks = new ArrayList<>();
        for (int rank = 0; rank < world; rank++) {
            ranks.add(start(rank, world, output, properties, arguments));
        }
        return ranks;
    }

    private int status(Process process) throws InterruptedException {
        assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), "a rank hangs");
        return process.exitValue();
    }

    private String err(int rank) throws IOException {
        return Files.readString(folder.resolve(rank + ".err"));
    }

    private static List<String> curve(Path output) throws IOException {
        return Files.readAllLines(output.resolve("metrics.jsonl")).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(row -> row.path("step").asLong() + " " + row.path("loss").asDouble())
                .toList();
    }

    private void awaitCheckpoint(Path output, long step, Process rank) throws InterruptedException {
        CheckpointStore store = new CheckpointStore(output.resolve("checkpoints"), 2);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (store.steps().stream().noneMatch(s -> s >= step)) {
            assertTrue(rank.isAlive(), "the job ended before it saved step " + step);
            assertTrue(System.nanoTime() < end, "step " + step + " was never saved");
            Thread.sleep(10);
        }
    }

    private List<String> localCurve(long steps) throws IOException {
        TrainingJob job = TinyJob.job(text, 2, 1, steps, 2);
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        var main = new JobMain(job, TinyProgram.factory(job, false), TinyJob.class, Map.of(), nowhere, nowhere);
        assertEquals(0, main.run(new String[0], folder.resolve("local")));
        return curve(folder.resolve("local"));
    }

    @Test
    void theyTrainToTheSameBitsAsThreadsAndResume() throws Exception {
        Path output = folder.resolve("launched");
        for (Process rank : startAll(2, output, List.of("pipeline=2", "steps=4", "every=2"))) {
            assertEquals(0, status(rank), err(0));
        }
        for (Process rank : startAll(2, output, List.of("pipeline=2", "steps=6", "every=2"))) {
            assertEquals(0, status(rank), err(2));
        }
        assertTrue(Files.readString(folder.resolve("2.out")).contains("resuming at step 4"));
        assertEquals(localCurve(6), curve(output));
        assertEquals("", Files.readString(folder.resolve("1.out")), "rank 0 alone reports");
    }

    @Test
    void aKilledRankIsNamedByAllOthers() throws Exception {
        Path output = folder.resolve("killed");
        List<Process> ranks = startAll(3, output, List.of("data=3", "steps=500", "every=2", "millis=20"));
        awaitCheckpoint(output, 2, ranks.getFirst());
        ranks.get(1).destroyForcibly();
        assertEquals(3, status(ranks.get(0)));
        assertEquals(3, status(ranks.get(2)));
        String dead = "lost rank 1 (process " + ranks.get(1).pid() + " on ";
        assertTrue(err(0).contains("error: rank 0 (data 0): ") && err(0).contains(dead), err(0));
        assertTrue(err(2).contains("error: rank 2 (data 2): ") && err(2).contains(dead), err(2));
    }

    @Test
    void aFailingRankIsNamedByAllOthersWithItsReason() throws Exception {
        List<Process> ranks =
                startAll(3, folder.resolve("failing"), List.of("data=3", "steps=20", "fail.step=3", "fail.rank=2"));
        assertEquals(3, status(ranks.get(0)));
        assertEquals(3, status(ranks.get(1)));
        assertEquals(70, status(ranks.get(2)));
        for (int rank = 0; rank < 2; rank++) {
            assertTrue(err(rank).contains("rank 2 (data 2) failed: "), err(rank));
            assertTrue(err(rank).contains("planted failure"), err(rank));
        }
    }

    @Test
    void aWorldThatIsNotThePlansIsRefusedAtOnce() throws Exception {
        Process one = start(1, 3, folder.resolve("world"), List.of("data=2"));
        assertEquals(3, status(one));
        assertTrue(err(0).contains("error: slurm started 3 ranks, and the plan has 2 (pipeline 1, data 2"), err(0));
    }

    @Test
    void ranksWithAnotherTextOrFolderDoNotBegin() throws Exception {
        Path other = Files.writeString(
                folder.resolve("other.txt"), Files.readString(text).toUpperCase(Locale.ROOT));
        Path output = folder.resolve("text");
        Process zero = start(0, 2, output, List.of("data=2"));
        Process one = start(1, 2, output, List.of("data=2", "text=" + other));
        assertEquals(3, status(zero));
        assertEquals(3, status(one));
        assertTrue(err(0).contains("rank 1 (data 1) failed: this rank reads another text than rank 0"), err(0));
    }

    @Test
    void aPoliteKillOfAllRanksSavesFirst() throws Exception {
        Path output = folder.resolve("polite");
        List<Process> ranks = startAll(2, output, List.of("data=2", "steps=5000", "every=3", "millis=10"));
        awaitCheckpoint(output, 3, ranks.getFirst());
        ranks.forEach(Process::destroy);
        for (Process rank : ranks) {
            assertEquals(130, status(rank), err(0) + err(1));
        }
        long saved =
                new CheckpointStore(output.resolve("checkpoints"), 2).steps().getLast();
        assertEquals(saved, curve(output).size(), "every step that ran is saved");
    }
}
