package dev.dovetail.cli.report;

import dev.dovetail.backends.report.data.Subject.SpecText;
import dev.dovetail.backends.report.plan.PlannedJob;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.timing.ProgramTimer;
import dev.dovetail.ir.timing.Timeline;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.technique.FrequencyScaling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;

/** A compilation with what showing it takes besides: its timeline, its costs, its spec and its hardware in words. */
public final class PlannedJobs {
    private final CommandContext context;

    public PlannedJobs(CommandContext context) {
        this.context = context;
    }

    public PlannedJob of(Compilation compilation) throws IOException {
        TrainJob job = compilation.job();
        MeshShape mesh = compilation.program().mesh();
        CostModel costs = JobCompiler.costs(job, compilation.profile());
        int clock = compilation.plan().decisions().find(Decision.FREQUENCY).orElse(FrequencyScaling.UNSET);
        InstructionCost cost =
                costs.cost(mesh, clock, compilation.plan().decisions().nodes());
        Timeline model = ProgramTimer.time(compilation.program(), cost, costs.sharing(mesh));
        Timeline timeline = compilation
                .plan()
                .input()
                .map(input -> model.waitingForInput(model.step().plus(input.stall())))
                .orElse(model);
        return new PlannedJob(
                job,
                compilation.plan(),
                compilation.program(),
                timeline,
                cost,
                spec(job),
                hardware(job.cluster(), compilation.profile()));
    }

    private Optional<SpecText> spec(TrainJob job) throws IOException {
        String name = job.origin().file();
        Path file = context.resolve(Path.of(name));
        return Files.isRegularFile(file) ? Optional.of(new SpecText(name, Files.readString(file))) : Optional.empty();
    }

    /** {@code here: 4 workers on 2 cores of an AMD EPYC}, or {@code big: 32 × DGX-H100 (256 × H100)}. */
    static String hardware(Cluster cluster, Optional<MachineProfile> profile) {
        String where = cluster.thisMachine()
                .map(machine -> machine.workers() + " workers on " + machine.cores() + " cores"
                        + profile.map(measured -> ", " + measured.processor()).orElse(""))
                .orElseGet(() -> cluster.groups().stream()
                        .map(group -> group.count() + " × " + group.node().name() + " ("
                                + group.count() * group.node().devices() + " × "
                                + group.node().device().name() + ")")
                        .collect(Collectors.joining(" and ")));
        return cluster.name() + ": " + where;
    }
}
