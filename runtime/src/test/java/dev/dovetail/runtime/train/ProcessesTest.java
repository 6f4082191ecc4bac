package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointStore;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Jobs as a user runs them: a java command, killed in all the ways a job can be. */
class ProcessesTest {
    /** Only a hang takes as long, however busy the machine is. */
    private static final long MOST_SECONDS = 600;

    @TempDir
    private Path folder;

    private Path text;
    private final List<Process> started = new ArrayList<>();

    @BeforeEach
    void writeText() throws IOException {
        text = TinyJob.writeText(folder.resolve("text.txt"));
    }

    @AfterEach
    void stopWhatStillRuns() {
        started.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    /** What a finished command left: status, standard output, standard error. */
    private record Outcome(int status, String out, String err) {}

    private Process start(String output, List<String> properties, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dtiny.text=" + text));
        properties.forEach(property -> command.add("-Dtiny." + property));
        command.addAll(List.of("-cp", classPath(), TinyJob.class.getName()));
        command.addAll(List.of("--output", folder.resolve(output).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectOutput(folder.resolve(output + ".out").toFile())
                .redirectError(folder.resolve(output + ".err").toFile())
                .start();
        started.add(process);
        return process;
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    private Outcome finish(String output, Process process) throws IOException, InterruptedException {
        assertTrue(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS), "the job hangs");
        return new Outcome(
                process.exitValue(),
                Files.readString(folder.resolve(output + ".out")),
                Files.readString(folder.resolve(output + ".err")));
    }

    private Outcome run(String output, List<String> properties, String... arguments)
            throws IOException, InterruptedException {
        return finish(output, start(output, properties, arguments));
    }

    private void awaitCheckpoint(String output, long step, Process process) throws InterruptedException {
        CheckpointStore store = new CheckpointStore(folder.resolve(output).resolve("checkpoints"), 2);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (store.steps().stream().noneMatch(s -> s >= step)) {
            assertTrue(process.isAlive(), "the job ended before it saved step " + step);
            assertTrue(System.nanoTime() < end, "step " + step + " was never saved");
            Thread.sleep(10);
        }
    }

    private List<String> curve(String output) throws IOException {
        return Files.readAllLines(folder.resolve(output).resolve("metrics.jsonl")).stream()
                .map(line -> JsonMapper.shared().readTree(line))
                .map(row -> row.path("step").asLong() + " " + row.path("loss").asDouble())
                .toList();
    }

    @Test
    void processesGiveTheSameBitsAsThreads() throws Exception {
        List<String> split = List.of("pipeline=2", "data=2", "steps=6");
        Outcome threads = run("threads", split);
        Outcome processes = run("processes", split, "--processes", "--json");
        assertEquals(0, threads.status(), threads.err());
        assertEquals(0, processes.status(), processes.err());
        assertEquals(6, curve("threads").size());
        assertEquals(curve("threads"), curve("processes"));
        JsonNode summary = JsonMapper.shared().readTree(processes.out());
        assertEquals("finished", summary.path("status").asString());
        assertEquals(6, summary.path("loss").size());
        JsonNode sent = summary.path("measured").path("bytes_sent_per_step").path("data all-reduce");
        JsonNode without = JsonMapper.shared()
                .readTree(folder.resolve("threads/summary.json").toFile())
                .path("measured")
                .path("bytes_sent_per_step")
                .path("data all-reduce");
        assertEquals(without.path("payload").asLong(), sent.path("payload").asLong());
        assertTrue(sent.path("framing").asLong() > 0 && without.path("framing").asLong() == 0);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aJobKilledAtAnyMomentResumesToTheIdenticalCurve(boolean processes) throws Exception {
        String[] arguments = processes ? new String[] {"--processes"} : new String[0];
        assertEquals(0, run("whole", List.of("data=2", "steps=40", "every=5")).status());

        Process killed = start("killed", List.of("data=2", "steps=40", "every=5", "millis=30"), arguments);
        awaitCheckpoint("killed", 10, killed);
        killed.descendants().forEach(ProcessHandle::destroyForcibly);
        killed.destroyForcibly().waitFor();

        Outcome resumed = run("killed", List.of("data=2", "steps=40", "every=5"), arguments);
        assertEquals(0, resumed.status(), resumed.err());
        assertTrue(resumed.out().contains("resuming at step "), resumed.out());
        assertEquals(curve("whole"), curve("killed"));
    }

    @Test
    void aKilledRankIsNamedAndNothingSavedIsLost() throws Exception {
        Process job = start("rank", List.of("data=3", "steps=200", "every=2", "millis=20"), "--processes");
        awaitCheckpoint("rank", 4, job);
        // They are started in the order of their ranks. What they were started with would say more, but a command line
        // longer than a page of memory, as long class paths make it, is not to be read.
        List<ProcessHandle> ranks = job.children().sorted().toList();
        assertEquals(3, ranks.size(), () -> "ranks that still run: " + ranks);
        ranks.get(1).destroyForcibly();
        Outcome outcome = finish("rank", job);
        assertEquals(3, outcome.status(), outcome.err());
        assertTrue(
                outcome.err().contains("error: rank 1 (data 1) was killed: exit status 137 (signal 9)"), outcome.err());
        assertTrue(outcome.err().contains("is whole; run again to resume"), outcome.err());
        assertEquals(1, outcome.err().split("error:", -1).length - 1, "told once: " + outcome.err());
        List<Long> saved = new CheckpointStore(folder.resolve("rank/checkpoints"), 2).steps();
        assertTrue(saved.getLast() >= 4, saved.toString());
    }

    @Test
    void aFailingRankIsToldOnceWithItsCause() throws Exception {
        List<String> properties = List.of("data=3", "steps=20", "fail.step=3", "fail.rank=2");
        Outcome outcome = run("failing", properties, "--processes");
        assertEquals(70, outcome.status());
        assertTrue(outcome.err().contains("error: rank 2 (data 2) failed; nothing was saved yet"), outcome.err());
        assertTrue(outcome.err().contains("planted failure"), outcome.err());
        assertFalse(outcome.err().contains("lost rank"), outcome.err());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aPoliteKillSavesFirst(boolean processes) throws Exception {
        String[] arguments = processes ? new String[] {"--processes"} : new String[0];
        Process job = start("polite", List.of("data=2", "steps=5000", "every=3", "millis=10"), arguments);
        awaitCheckpoint("polite", 3, job);
        job.destroy();
        Outcome outcome = finish("polite", job);
        assertEquals(130, outcome.status(), outcome.err());
        long saved = new CheckpointStore(folder.resolve("polite/checkpoints"), 2)
                .steps()
                .getLast();
        assertEquals(saved, curve("polite").size(), "every step that ran is saved");
        assertTrue(outcome.out().contains("interrupted; step " + saved + " of 5000 is saved"), outcome.out());
    }

    @Test
    void ranksDoNotOutliveALauncherThatWasKilled() throws Exception {
        Process job = start("orphans", List.of("data=2", "steps=5000", "every=2", "millis=10"), "--processes");
        awaitCheckpoint("orphans", 2, job);
        List<ProcessHandle> ranks = job.children().toList();
        assertEquals(2, ranks.size());
        job.destroyForcibly();
        for (ProcessHandle rank : ranks) {
            rank.onExit().get(MOST_SECONDS, TimeUnit.SECONDS);
        }
    }

    @Test
    void aSecondRunInTheSameFolderIsRefused() throws Exception {
        Process job = start("shared", List.of("steps=5000", "every=1", "millis=10"));
        awaitCheckpoint("shared", 1, job);
        Files.move(folder.resolve("shared.out"), folder.resolve("first.out"));
        Outcome second = run("shared", List.of("steps=10"));
        assertEquals(3, second.status());
        assertTrue(second.err().contains("in use by another run (process " + job.pid() + ")"), second.err());
    }

    @Test
    void aWrongOptionIsWrongUsage() throws Exception {
        Outcome outcome = run("usage", List.of(), "--proceses");
        assertEquals(64, outcome.status());
        assertTrue(outcome.err().contains("unknown option `--proceses`"), outcome.err());
    }

    @Test
    void aMissingTextIsTold() throws Exception {
        Files.delete(text);
        Outcome outcome = run("missing", List.of());
        assertEquals(3, outcome.status());
        assertTrue(outcome.err().contains("the data file `" + text + "` does not exist"), outcome.err());
    }

    @Test
    void aFreshStartForgetsTheOldRun() throws Exception {
        assertEquals(0, run("again", List.of("steps=4", "every=2")).status());
        assertEquals(0, run("again", List.of("steps=3", "every=2"), "--fresh").status());
        assertEquals(3, curve("again").size());
        File[] saved = folder.resolve("again/checkpoints").toFile().listFiles();
        assertEquals(2, saved.length);
    }
}
