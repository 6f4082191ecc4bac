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
import org.junit.jupiter.api.BeforeEach;
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

    private final PlanCompiler.Shared shared = new PlanCompiler.Shared();
    private final TrainJob job = NanoModel.gpt(ElementType.F64);

    @TempDir
    private Path folder;

    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = Files.write(folder.resolve("text.bin"), InProcessRun.text());
    }

    private static Decisions split() {
        return LegalPlans.plan(2, true, 2, 1, 3, Shard.OPTIMIZER, 2, Recompute.SELECTIVE, Schedule.ONE_F_ONE_B);
    }

    private List<Double> losses(Decisions plan, long steps, String output, String... options) {
        var arguments =
                new ArrayList<>(List.of("--output", folder.resolve(output).toString(), "--json", "--poison"));
        arguments.addAll(List.of(options));
        var compiled = new PlanCompiler(job, shared).compile(plan);
        var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        int status = new JobMain(facts(plan, steps), compiled.ranks(), PlantedBugTest.class, Map.of(), nowhere, nowhere)
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

    /** One rank straight through against the split plan, stopped and resumed. */
    private double driftAfterRecovery(String... planted) {
        var straight = losses(LegalPlans.reference(), STEPS, "straight", "--fresh");
        losses(split(), KILLED_AFTER, "split", "--fresh");
        var resumed = losses(split(), STEPS, "split", planted);
        assertEquals(STEPS - KILLED_AFTER, resumed.size());
        return Differences.drift(straight.subList(KILLED_AFTER, STEPS), resumed);
    }

    @Test
    void withoutAFaultAResumedPlanStaysWithOneRank() {
        double drift = driftAfterRecovery();
        assertTrue(drift <= PARITY, "drift " + drift);
    }

    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void everyFaultShows(PlantedBug bug) {
        double drift = driftAfterRecovery(
                "--plant",
                bug.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                "--plant-step",
                String.valueOf(KILLED_AFTER + 2));
        assertTrue(drift > VISIBLE, bug + " changed the losses by " + drift);
    }
}
