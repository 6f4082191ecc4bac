package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobProcess;
import dev.dovetail.cli.report.ReportFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail sample}: continues a text, fills one in, or makes pictures, with a trained model. */
@Command(
        name = "sample",
        description = "Write text, fill it in, or make pictures, with a trained model.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail sample dovetail-out/tiny_gpt --prompt \"public static\"",
            "  dovetail sample dovetail-out/dit_digits --class 3 --count 8 --check"
        })
public final class SampleCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "DIR", description = "The folder of a run, such as dovetail-out/tiny_gpt.")
    private Path folder;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "Text: what to continue.")
    private String prompt;

    @Option(names = "--tokens", paramLabel = "N", description = "Text: how many to write (400).")
    private String tokens;

    @Option(names = "--temperature", paramLabel = "T", description = "Text: 0 always takes the likeliest (0.8).")
    private String temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Text: choose among the K likeliest.")
    private String topK;

    @Option(names = "--class", paramLabel = "N[,N…]", description = "Pictures: of which class; of all unless said.")
    private String classes;

    @Option(
            names = "--count",
            paramLabel = "N",
            description = "Pictures: how many of each class (8). Hidden text: how many pieces are shown (4).")
    private String count;

    @Option(names = "--steps", paramLabel = "N", description = "Pictures: steps from noise to picture (50).")
    private String steps;

    @Option(
            names = "--guidance",
            paramLabel = "G",
            description = "Pictures: how much to insist on the class (2); 1 is none.")
    private String guidance;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same result (0).")
    private String seed;

    @Option(
            names = "--check",
            description = "Judge the result: words that held-out text knows, classes that a classifier sees.")
    private boolean check;

    public SampleCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        var options = new ArrayList<String>();
        add(options, "--prompt", prompt);
        add(options, "--tokens", tokens);
        add(options, "--temperature", temperature);
        add(options, "--top-k", topK);
        add(options, "--class", classes);
        add(options, "--count", count);
        add(options, "--steps", steps);
        add(options, "--guidance", guidance);
        add(options, "--seed", seed);
        if (check) {
            options.add("--check");
        }
        Path run = context.resolve(folder);
        ExitStatus status = new JobProcess(context, run).sample(options);
        new ReportFolder(run).refreshIfWritten();
        return status;
    }

    private static void add(List<String> options, String name, String value) {
        if (value != null) {
            options.add(name);
            options.add(value);
        }
    }
}
