package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateShard;
import dev.dovetail.runtime.rank.StepInputs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class JobMainTest {
    @TempDir
    private Path folder;

    private TrainingJob job;

    @BeforeEach
    void writeText() throws IOException {
        job = TinyJob.job(TinyJob.writeText(folder.resolve("text.txt")), 1, 2, 4, 0);
    }

    private record Outcome(int status, String out, String err) {}

    /** Does one thing in each step and needs so much memory. */
    private record Odd(long arenaBytes, Consumer<StepInputs> act) implements RankProgram {
        @Override
        public List<StateShard> state() {
            return List.of();
        }

        @Override
        public void step(RankContext context, StepInputs inputs) {
            act.accept(inputs);
        }

        @Override
        public void evaluate(RankContext context, StepInputs inputs) {}
    }

    private Outcome run(RankProgram.Factory programs, Path output, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        JobMain main = new JobMain(
                job,
                programs,
                JobMainTest.class,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        int status = main.run(arguments, output);
        return new Outcome(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aRunLeavesASummaryAndASecondOneFindsNothingToDo() throws IOException {
        RankProgram.Factory programs = TinyProgram.factory(job, true);
        Outcome first = run(programs, folder.resolve("run"));
        assertEquals(0, first.status(), first.err());
        assertTrue(first.out().contains("step 4 of 4 is done"), first.out());
        String measured = Files.readString(folder.resolve("run/summary.json"));
        Outcome second = run(programs, folder.resolve("run"), "--json");
        assertEquals(0, second.status(), second.err());
        assertTrue(second.err().contains("all 4 steps are done already"), second.err());
        JsonNode told = JsonMapper.shared().readTree(second.out());
        assertEquals(0, told.path("loss").size());
        assertTrue(told.path("measured").isMissingNode(), second.out());
        assertEquals(measured, Files.readString(folder.resolve("run/summary.json")));
        assertEquals(4, JsonMapper.shared().readTree(measured).path("loss").size());
    }

    @Test
    void aJobTooLargeForThisMachineTakesNothing() {
        Outcome outcome = run(position -> new Odd(1L << 50, inputs -> {}), folder.resolve("large"));
        assertEquals(3, outcome.status());
        assertTrue(
                outcome.err().contains("this job (pipeline 1, data 2, tensor 1) needs 2251799.8 GB of memory"),
                outcome.err());
        assertTrue(Files.notExists(folder.resolve("large")));
    }

    @Test
    void aBugIsToldWithItsStoryAndItsOwnStatus() {
        Outcome outcome = run(
                position -> new Odd(64, inputs -> {
                    throw new IllegalStateException("planted bug");
                }),
                folder.resolve("bug"));
        assertEquals(70, outcome.status());
        assertTrue(outcome.err().contains("IllegalStateException: planted bug"), outcome.err());
        assertTrue(outcome.err().contains("at " + JobMainTest.class.getName()), outcome.err());
        assertTrue(outcome.err().contains("please report it"), outcome.err());
    }

    @Test
    void aFullHeapSaysWhichMemoryToRaise() {
        Outcome outcome = run(
                position -> new Odd(64, inputs -> {
                    throw new OutOfMemoryError("Java heap space");
                }),
                folder.resolve("heap"));
        assertEquals(3, outcome.status());
        assertTrue(outcome.err().contains("-Xmx"), outcome.err());
    }

    @Test
    void aUsersFailureKeepsItsWords() {
        Outcome outcome = run(
                position -> new Odd(64, inputs -> {
                    throw new JobFailure("out of paper", "buy some");
                }),
                folder.resolve("user"));
        assertEquals(3, outcome.status());
        assertEquals("error: out of paper\n  = help: buy some\n", outcome.err());
    }

    @Test
    void anOutputFolderThatCannotBeIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        Outcome outcome = run(TinyProgram.factory(job, false), file.resolve("run"));
        assertEquals(3, outcome.status());
        assertTrue(outcome.err().contains("the folder `" + file.resolve("run") + "` cannot be used"), outcome.err());
    }

    @Test
    void wrongUsageHasItsOwnStatus() {
        for (String[] wrong : new String[][] {{"--output"}, {"--patience", "soon"}, {"--plant", "flowers"}, {"-x"}}) {
            Outcome outcome = run(TinyProgram.factory(job, false), folder.resolve("usage"), wrong);
            assertEquals(64, outcome.status(), outcome.err());
            assertTrue(outcome.err().startsWith("error: "), outcome.err());
        }
    }
}
