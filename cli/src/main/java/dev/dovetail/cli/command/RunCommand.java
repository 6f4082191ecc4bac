package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.OutputFolder;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.ComputeDevice;
import dev.dovetail.cli.compile.JobMaker;
import dev.dovetail.cli.compile.JobProcess;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.cli.report.PlannedJobs;
import dev.dovetail.cli.report.ReportFolder;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.job.TrainJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail run}: compiles if needed, trains, and compares what was measured with what was predicted. */
@Command(
        name = "run",
        description = "Compile a spec if needed, train, and compare with the prediction.",
        mixinStandardHelpOptions = true)
public final class RunCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB unless said.")
    private Path output;

    @Option(names = "--fresh", description = "Start over instead of resuming.")
    private boolean fresh;

    @Option(names = "--processes", description = "One process a rank instead of one thread.")
    private boolean processes;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "What ranks compute on: ${COMPLETION-CANDIDATES}; cpu unless said.")
    private ComputeDevice device = ComputeDevice.CPU;

    @Option(names = "--json", description = "Print one JSON object, as documented.")
    private boolean json;

    public RunCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        Path named = context.resolve(spec.written());
        Path folder = Files.isDirectory(named) ? compiled(named) : compile();
        var process = new JobProcess(context, folder);
        var report = new ReportFolder(folder);
        if (json) {
            ExitStatus status = process.trainAsJson(options());
            new OutputFolder(folder).fill(_ -> report.refreshIfWritten());
            return status;
        }
        ExitStatus trained = process.train(options());
        ExitStatus status = trained == ExitStatus.OK ? process.sample(List.of("--show")) : trained;
        new OutputFolder(folder)
                .fill(_ -> report.refreshIfWritten())
                .ifPresent(page -> context.out().println("report: " + page));
        return status;
    }

    private static Path compiled(Path folder) {
        if (!Files.isRegularFile(folder.resolve("job.jar"))) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + folder + "` holds no compiled job",
                    "compile a spec into it: dovetail compile SPEC -o " + folder);
        }
        return folder;
    }

    private Path compile() throws IOException, InterruptedException {
        TrainJob job = spec.read(new SpecReader(context, device != ComputeDevice.CPU));
        Path folder = output == null
                ? context.workingDirectory().resolve("dovetail-out").resolve(job.name())
                : context.resolve(output);
        var maker = new JobMaker(context, device);
        maker.requireRunnable(job);
        return new OutputFolder(folder).fill(into -> {
            Compilation compilation = maker.make(job, into, "run " + spec.written(), plan -> {
                if (!json) {
                    new PlanText(context).print(plan);
                }
            });
            new ReportFolder(into).write(new PlannedJobs(context).of(compilation), "report " + into);
            return into;
        });
    }

    private List<String> options() {
        var options = new ArrayList<String>();
        if (fresh) {
            options.add("--fresh");
        }
        if (processes) {
            options.add("--processes");
        }
        return options;
    }
}
