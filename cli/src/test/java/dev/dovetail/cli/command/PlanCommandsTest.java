package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.SmallSpec;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code report}, {@code explain}, {@code compare} and {@code simulate} on a job of eight devices. */
class PlanCommandsTest {
    private static final String FIX = "fix { tensor 2, pipeline 2, data 2, microbatch 4, recompute none, ";

    @TempDir
    private Path folder;

    private CapturedContext context;

    @BeforeEach
    void standInTheFolder() throws IOException {
        context = new CapturedContext(folder, Terminal.plain());
        Files.writeString(folder.resolve("spec.dove"), SmallSpec.asking(FIX + "shard none }"));
        Files.writeString(folder.resolve("sharded.dove"), SmallSpec.asking(FIX + "shard optimizer }"));
    }

    @Test
    void reportWritesAPageAndATraceThatPerfettoOpens() throws IOException {
        assertEquals(ExitStatus.OK, context.run("report", "spec.dove", "-o", "out"));

        String page = Files.readString(folder.resolve("out/report.html"));
        assertTrue(page.contains("<h1>small</h1>"));
        assertTrue(page.contains("fixed by <a href=\"#spec-line-18\">line 18</a>"));
        assertTrue(page.contains("it has not run yet"));
        JsonNode trace = JsonMapper.shared().readTree(Files.readString(folder.resolve("out/trace-predicted.json")));
        List<String> phases = StreamSupport.stream(trace.path("traceEvents").spliterator(), false)
                .map(event -> event.path("ph").asString())
                .distinct()
                .toList();
        assertTrue(phases.containsAll(List.of("M", "X", "C")), phases::toString);
    }

    @Test
    void memoryInTheTraceNeverExceedsThePlan() throws IOException {
        context.run("report", "spec.dove", "-o", "out", "--json");

        JsonNode kept = JsonMapper.shared().readTree(Files.readString(folder.resolve("out/report.json")));
        long planned = kept.path("report")
                .path("forecast")
                .path("memory")
                .path("count")
                .asLong();
        JsonNode trace = JsonMapper.shared().readTree(Files.readString(folder.resolve("out/trace-predicted.json")));
        long most = StreamSupport.stream(trace.path("traceEvents").spliterator(), false)
                .filter(event -> event.path("ph").asString().equals("C"))
                .mapToLong(event -> event.path("args").path("bytes").asLong())
                .max()
                .orElseThrow();
        assertTrue(most <= planned && most > planned / 2, () -> most + " of " + planned);
    }

    @Test
    void reportOfAFolderAddsWhatARunMeasured() throws IOException {
        context.run("report", "spec.dove", "-o", "out");
        Files.writeString(
                folder.resolve("out/metrics.jsonl"),
                "{\"step\":0,\"loss\":6.2,\"seconds\":0.5,\"tokens_per_second\":8192}\n");

        assertEquals(ExitStatus.OK, context.run("report", "out"));

        String page = Files.readString(folder.resolve("out/report.html"));
        assertFalse(page.contains("it has not run yet"));
        assertTrue(page.contains("<section id=\"training\""));
    }

    @Test
    void reportOfAnEmptyFolderSaysWhatToDo() throws IOException {
        Files.createDirectory(folder.resolve("empty"));

        assertEquals(ExitStatus.WRONG_INPUT, context.run("report", "empty"));

        assertTrue(String.join("\n", context.err()).contains("holds no compiled job"));
        assertTrue(String.join("\n", context.err()).contains("dovetail compile SPEC -o"));
    }

    @Test
    void reportOfABrokenRunNamesTheFile() throws IOException {
        context.run("report", "spec.dove", "-o", "out");
        Files.writeString(folder.resolve("out/summary.json"), "{\"status\":");

        assertEquals(ExitStatus.WRONG_INPUT, context.run("report", "out"));

        assertTrue(String.join("\n", context.err()).contains("summary.json"));
    }

    @Test
    void explainShowsTheTreeWithTimeMemoryAndLimits() {
        assertEquals(ExitStatus.OK, context.run("explain", "spec.dove"));

        String out = String.join("\n", context.out());
        assertTrue(out.contains("8 ranks: pipeline 2 × data 2 × tensor 2"), out);
        assertTrue(out.contains("├─ stage 0"), out);
        assertTrue(out.contains("└─ stage 1"), out);
        assertTrue(out.matches("(?s).*backward 4 micro-batches +\\d.* [mu]s.*"), out);
        assertTrue(out.contains("without `fix { pipeline 2 }`: "), out);
        assertTrue(out.contains("without any `fix`: "), out);
    }

    @Test
    void whatChangesAPlanNeverMakesItSlower() {
        context.run("explain", "spec.dove", "--json");

        JsonNode answer = JsonMapper.shared().readTree(context.out().getFirst());
        double step = answer.path("predicted").path("step_seconds").asDouble();
        assertEquals(7, answer.path("what_if").size());
        for (JsonNode other : answer.path("what_if")) {
            assertTrue(other.path("step_seconds").asDouble() <= step * (1 + 1e-9), other::toString);
        }
    }

    @Test
    void theTreeOfAPlanAddsUp() {
        context.run("explain", "spec.dove", "--json");

        JsonNode tree = JsonMapper.shared().readTree(context.out().getFirst()).path("tree");
        double step = tree.path("seconds").asDouble();
        for (JsonNode stage : tree.path("parts")) {
            double sum = StreamSupport.stream(stage.path("parts").spliterator(), false)
                    .mapToDouble(part -> part.path("seconds").asDouble())
                    .sum();
            assertEquals(step, sum, 1e-9 * step, stage::toString);
        }
    }

    @Test
    void comparePutsPlansSideBySide() {
        assertEquals(ExitStatus.OK, context.run("compare", "spec.dove", "sharded.dove"));

        List<String> out = context.out();
        assertTrue(out.getFirst().matches(" +spec\\.dove +sharded\\.dove"), out.getFirst());
        assertTrue(
                out.stream().anyMatch(line -> line.matches("shard +none \\(fixed\\) +optimizer \\(fixed\\)")),
                out::toString);
        assertTrue(out.stream().anyMatch(line -> line.matches("memory +\\d.*MB +\\d.*MB \\*")), out::toString);
    }

    @Test
    void compareAsJsonHasAPlanForEachSpec() {
        assertEquals(ExitStatus.OK, context.run("compare", "spec.dove", "sharded.dove", "--json"));

        JsonNode plans = JsonMapper.shared().readTree(context.out().getFirst()).path("plans");
        assertEquals("none", plans.path(0).path("plan").path("shard").asString());
        assertEquals("sharded.dove", plans.path(1).path("spec").asString());
    }

    @Test
    void simulateDrawsEveryStageAndItsBubble() {
        assertEquals(ExitStatus.OK, context.run("simulate", "spec.dove"));

        List<String> out = context.out();
        String first = line(out, "stage 0 (4 ranks alike)  ");
        String second = line(out, "stage 1 (4 ranks alike)  ");
        assertTrue(first.contains("FB") || first.contains("F·"), first);
        assertTrue(second.replaceFirst(".*  ", "").startsWith("·"), "the second stage waits first: " + second);
        assertTrue(out.stream().anyMatch(line -> line.contains("bubble")), out::toString);
    }

    @Test
    void simulatedPartsOfAStageAddUpToTheStep() {
        context.run("simulate", "spec.dove", "--json");

        JsonNode answer = JsonMapper.shared().readTree(context.out().getFirst());
        double step = answer.path("step_seconds").asDouble();
        assertEquals(2, answer.path("stages").size());
        for (JsonNode stage : answer.path("stages")) {
            double sum = stage.path("seconds")
                    .valueStream()
                    .mapToDouble(JsonNode::asDouble)
                    .sum();
            assertEquals(step, sum, 1e-9 * step);
        }
    }

    private static String line(List<String> out, String start) {
        return out.stream().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
    }
}
