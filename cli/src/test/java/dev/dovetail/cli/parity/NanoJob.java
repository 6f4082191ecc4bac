package dev.dovetail.cli.parity;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobWriter;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The nano GPT as a whole job of four ranks on disk, as {@code dovetail compile} leaves one, without a search. */
public final class NanoJob {
    public static final int STEPS = 3;

    private NanoJob() {}

    /** @param text written for the job to read */
    public static void write(Path text, Path output) throws IOException {
        Files.write(text, InProcessRun.text());
        Decisions decisions = LegalPlans.plan(2, true, 2, 1, 1, Shard.NONE, 2, Recompute.NONE, Schedule.ONE_F_ONE_B);
        TrainJob job = reading(NanoModel.gpt(ElementType.F32), text);
        Program program = new PlanCompiler(job, new PlanCompiler.Shared()).lower(decisions);
        // Processes of three steps repay no vectors (until they are compiled, each is an object), nor a long judgement.
        new JobWriter(CpuTarget::scalar, 1)
                .write(new Compilation(job, plan(job, decisions), program, Optional.empty()), output, "test");
    }

    private static TrainJob reading(TrainJob job, Path text) {
        return new TrainJob(
                job.name(),
                job.model(),
                job.cluster(),
                new DataSource.TextFile(text.toString()),
                job.batch(),
                job.sequence(),
                STEPS,
                job.precision(),
                job.optimizer(),
                job.objectives(),
                job.requirements(),
                job.fixed(),
                job.forbidden(),
                job.seed(),
                job.checkpointEvery(),
                job.origin());
    }

    private static Plan plan(TrainJob job, Decisions decisions) {
        var nothing = Seconds.of(0);
        var predicted = new Plan.Predicted(
                nothing,
                0,
                0,
                new FlopsPerSecond(0),
                Map.of(MemoryPart.PARAMETERS, new Bytes(1 << 20)),
                0,
                new Joules(0),
                new Dollars(0),
                new GramsOfCarbon(0),
                4,
                0);
        return new Plan(
                job.name(),
                Plan.Status.FEASIBLE,
                decisions.with(Decision.FREQUENCY, 1),
                Map.of(),
                predicted,
                new Plan.Breakdown(nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing),
                new Plan.Bound(Objective.TIME, 0, 0),
                new Plan.SearchStatistics(nothing, 0, 0),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
    }
}
