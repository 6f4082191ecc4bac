package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.JobWriter;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.PlanOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail compile}: a spec becomes a plan, a program and a job that runs. */
@Command(name = "compile", description = "Plan a job, and write the job that runs it.", mixinStandardHelpOptions = true)
public final class CompileCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB unless said.")
    private Path output;

    @Option(names = "--emit", paramLabel = "FORM", description = "Stop at and print: graph, plan or program.")
    private EmittedForm form;

    @Option(names = "--json", description = "Print one JSON object, as documented.")
    private boolean json;

    public CompileCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        TrainJob job = spec.read(new SpecReader(context));
        var compiler = new JobCompiler(context);
        if (form != null) {
            return form.print(context, compiler, job, json);
        }
        if (json) {
            return printJson(compiler, job);
        }
        Compilation compilation = compiler.compile(job);
        new PlanText(context).print(compilation.plan());
        if (job.data() instanceof DataSource.None || job.cluster().thisMachine().isEmpty()) {
            context.out()
                    .println("the job is planned, not written: it runs on "
                            + job.cluster().name());
            return ExitStatus.OK;
        }
        write(compilation).forEach(path -> context.out().println("wrote " + path));
        return ExitStatus.OK;
    }

    private ExitStatus printJson(JobCompiler compiler, TrainJob job) throws IOException, InterruptedException {
        PlanOutcome outcome = compiler.plan(job);
        boolean writes = outcome instanceof PlanOutcome.Solved
                && !(job.data() instanceof DataSource.None)
                && job.cluster().thisMachine().isPresent();
        List<Path> artifacts = writes ? write(compiler.compile(job)) : List.of();
        context.printJson(
                PlanJson.of(outcome, artifacts.stream().map(Path::toString).toList()));
        return outcome instanceof PlanOutcome.Solved ? ExitStatus.OK : ExitStatus.INFEASIBLE;
    }

    private List<Path> write(Compilation compilation) throws IOException {
        Path folder = output == null
                ? context.workingDirectory()
                        .resolve("dovetail-out")
                        .resolve(compilation.job().name())
                : context.resolve(output);
        return new JobWriter().write(compilation, folder, "compile " + spec.written());
    }
}
