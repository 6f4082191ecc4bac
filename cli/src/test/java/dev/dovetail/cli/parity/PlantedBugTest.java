package dev.dovetail.cli.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.data.TextFile;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.rank.PlantedBug;
import dev.dovetail.runtime.train.JobMain;
import dev.dovetail.runtime.train.LearningRate;
import dev.dovetail.runtime.train.TrainingJob;
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
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * The parity check notices every fault that tests can plant in a generated job. Three data ranks share eight sequences, since a
 * mean of means shows only where shares are unequal.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PlantedBugTest {
    private static final int STEPS = 24;
    private static final int KILLED_AFTER = 12;
    private static final double PARITY = 1e-12;
    private static final double VISIBLE = 1e-6;

    private static final String KILLED = "killed";

    private final TrainJob job = NanoModel.gpt(ElementType.F64);

    private Path folder;
    private Path text;
    private CompiledPlan split;
    private List<Double> straight;

    /** One rank straight through, and the split plan up to where it stops. */
    @BeforeAll
    void runUpToTheFault(@TempDir Path folder) throws IOException {
        this.folder = folder;
        text = Files.write(folder.resolve("text.bin"), InProcessRun.text());
        var plan = LegalPlans.plan(2, true, 2, 1, 3, Shard.OPTIMIZER, 2, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B);
        var compiled = new PlanCompiler(job, new PlanCompiler.Shared()).compile(List.of(LegalPlans.reference(), plan));
        split = compiled.getLast();
        straight = losses(compiled.getFirst(), STEPS, "straight");
        losses(split, KILLED_AFTER, KILLED);
    }

    private List<Double> losses(CompiledPlan plan, long steps, String output, String... options) {
        var arguments =
                new ArrayList<>(List.of("--output", folder.resolve(output).toString(), "--json", "--poison"));
        arguments.addAll(List.of(options));
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        int status = new JobMain(
                        facts(plan.decisions(), steps), plan.ranks(), PlantedBugTest.class, Map.of(), nowhere, nowhere)
                .run(arguments.toArray(String[]::new), folder);
        assertEquals(0, status);
        var summary = JsonMapper.builder()
                .build()
                .readTree(folder.resolve(output).resolve("summary.json").toFile());
        var losses = new ArrayList<Double>();
        summary.get("loss").forEach(loss -> losses.add(loss.asDouble()));
        return losses;
    }

    private TrainingJob facts(Decisions plan, long steps) {
        return new TrainingJob(
                job.name(),
                "parity",
                Mesh.of(plan.get(Decision.PIPELINE), plan.get(Decision.DATA), plan.get(Decision.TENSOR)),
                steps,
                job.batch(),
                plan.get(Decision.MICROBATCH),
                job.sequence(),
                job.seed(),
                new LearningRate.WarmupThenConstant(
                        job.optimizer().learningRate(), job.optimizer().warmup()),
                new TextFile(text),
                0,
                2,
                0,
                1,
                Optional.empty());
    }

    /** The split plan, resumed where it stopped, against one rank. */
    private double driftAfterRecovery(String output, String... planted) throws IOException {
        copy(folder.resolve(KILLED), folder.resolve(output));
        var resumed = losses(split, STEPS, output, planted);
        assertEquals(STEPS - KILLED_AFTER, resumed.size());
        return Differences.drift(straight.subList(KILLED_AFTER, STEPS), resumed);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    @Test
    void withoutAFaultAResumedPlanStaysWithOneRank() throws IOException {
        double drift = driftAfterRecovery("whole");
        assertTrue(drift <= PARITY, "drift " + drift);
    }

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void everyFaultShows(PlantedBug bug) throws IOException {
        double drift = driftAfterRecovery(
                bug.name(),
                "--plant",
                bug.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "--plant-step",
                String.valueOf(KILLED_AFTER + 2));
        assertTrue(drift > VISIBLE, bug + " changed the losses by " + drift);
    }
}
