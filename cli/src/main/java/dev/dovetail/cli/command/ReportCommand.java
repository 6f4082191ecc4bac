package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.OutputFolder;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.report.PlannedJobs;
import dev.dovetail.cli.report.ReportFolder;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.job.TrainJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dovetail report}: the plan, and a run of it where there is one, as a page for a browser and traces for Perfetto. */
@Command(
        name = "report",
        description = "Write report.html: the plan, why it won, and what a run made of it.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail report specs/quickstart.dove --open",
            "  dovetail report dovetail-out/tiny_gpt   (after a run: predicted against measured)"
        })
public final class ReportCommand implements DovetailCommand {
    private final CommandContext context;

    @Mixin
    private SpecArguments spec;

    @Option(names = "-o", paramLabel = "DIR", description = "Where to write; dovetail-out/JOB unless said.")
    private Path output;

    @Option(names = "--open", description = "Show it in a browser.")
    private boolean open;

    @Option(names = "--json", description = "Print the paths written as one JSON object.")
    private boolean json;

    public ReportCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        Path named = context.resolve(spec.written());
        List<Path> written = Files.isDirectory(named)
                ? new OutputFolder(named).fill(folder -> new ReportFolder(folder).refresh())
                : plan();
        if (json) {
            context.printJson(Map.of(
                    "schema",
                    1,
                    "artifacts",
                    written.stream().map(Path::toString).toList()));
        } else {
            written.forEach(path -> context.out().println("wrote " + path));
        }
        if (open) {
            show(written.getFirst());
        }
        return ExitStatus.OK;
    }

    private List<Path> plan() throws IOException, InterruptedException {
        TrainJob job = spec.read(new SpecReader(context));
        Compilation compilation = new JobCompiler(context).compile(job);
        Path folder = output == null
                ? context.workingDirectory().resolve("dovetail-out").resolve(job.name())
                : context.resolve(output);
        return new OutputFolder(folder)
                .fill(into -> new ReportFolder(into)
                        .write(new PlannedJobs(context).of(compilation), "report " + spec.written()));
    }

    /** By the desktop's own opener; without one the path is already on the screen. */
    private void show(Path page) throws InterruptedException {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        List<String> opener = system.contains("mac")
                ? List.of("open", page.toString())
                : system.contains("windows")
                        ? List.of("rundll32", "url.dll,FileProtocolHandler", page.toString())
                        : List.of("xdg-open", page.toString());
        try {
            new ProcessBuilder(opener)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException noOpener) {
            context.err().println("no browser could be started (" + opener.getFirst() + "); open " + page.toUri());
        }
    }
}
