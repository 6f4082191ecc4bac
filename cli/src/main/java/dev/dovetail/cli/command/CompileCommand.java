package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.OutputFolder;
import dev.dovetail.cli.command.ArtifactWriter.Artifacts;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.PlanJson;
import dev.dovetail.cli.compile.PlanText;
import dev.dovetail.cli.compile.Target;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.PlanOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail compile}: a spec becomes a plan, a program, and what runs it: a job for this machine, or CUDA kernels. */
@Command(
        name = "compile",
        description = "Plan a job, and write what runs it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail compile specs/quickstart.dove",
            "  dovetail compile specs/gpt3-175b-pretrain.dove --set tensor=4 --json",
            "  dovetail compile specs/quickstart.dove --emit=program",
            "  dovetail compile specs/gpt3-175b-pretrain.dove --emit=megatron"
        })
public final class CompileCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB unless said.")
    private Path output;

    @Option(
            names = "--target",
            paramLabel = "TARGET",
            description =
                    "cpu: a job for this machine; cuda: kernels for NVIDIA GPUs. What fits the cluster unless said.")
    private Target target;

    @Option(names = "--emit", paramLabel = "FORM", description = "Stop at and print: ${COMPLETION-CANDIDATES}.")
    private EmittedForm form;

    @Option(names = "--json", description = "Print one JSON object, as documented.")
    private boolean json;

    public CompileCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        if (form != null) {
            return form.print(new EmittedForm.Emission(
                    context, spec, Optional.ofNullable(output).map(context::resolve), json));
        }
        TrainJob job = spec.read(new SpecReader(context));
        var compiler = new JobCompiler(context);
        var writer = ArtifactWriter.of(context, Optional.ofNullable(target), job);
        if (json) {
            return printJson(compiler, writer, job);
        }
        Compilation compilation = compiler.compile(job);
        new PlanText(context).print(compilation.plan());
        write(writer, compilation).lines().forEach(line -> context.out().println("wrote " + line));
        return ExitStatus.OK;
    }

    private ExitStatus printJson(JobCompiler compiler, ArtifactWriter writer, TrainJob job)
            throws IOException, InterruptedException {
        PlanOutcome outcome = compiler.plan(job);
        List<Path> artifacts = outcome instanceof PlanOutcome.Solved solved
                ? write(writer, compiler.lowered(job, solved.plan())).files()
                : List.of();
        context.printJson(
                PlanJson.of(outcome, artifacts.stream().map(Path::toString).toList()));
        return outcome instanceof PlanOutcome.Solved ? ExitStatus.OK : ExitStatus.INFEASIBLE;
    }

    private Artifacts write(ArtifactWriter writer, Compilation compilation) throws IOException, InterruptedException {
        Path folder = output == null
                ? context.workingDirectory()
                        .resolve("dovetail-out")
                        .resolve(compilation.job().name())
                : context.resolve(output);
        return new OutputFolder(folder).fill(into -> writer.write(compilation, into, "compile " + spec.written()));
    }
}
