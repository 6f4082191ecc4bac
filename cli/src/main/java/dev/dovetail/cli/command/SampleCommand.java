package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.JobProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail sample}: continues a text with a trained model. */
@Command(name = "sample", description = "Write text with a trained model.", mixinStandardHelpOptions = true)
public final class SampleCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "DIR", description = "The folder of a run, such as dovetail-out/tiny_gpt.")
    private Path folder;

    @Option(names = "--prompt", paramLabel = "TEXT", required = true, description = "The text to continue.")
    private String prompt;

    @Option(names = "--tokens", paramLabel = "N", description = "How many to write (400).")
    private String tokens;

    @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the likeliest (0.8).")
    private String temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest.")
    private String topK;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same text (0).")
    private String seed;

    @Option(names = "--check", description = "Say how many of the words it wrote occur in held-out text.")
    private boolean check;

    public SampleCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        var options = new ArrayList<>(List.of("--prompt", prompt));
        add(options, "--tokens", tokens);
        add(options, "--temperature", temperature);
        add(options, "--top-k", topK);
        add(options, "--seed", seed);
        if (check) {
            options.add("--check");
        }
        return new JobProcess(context, context.resolve(folder)).sample(options);
    }

    private static void add(List<String> options, String name, String value) {
        if (value != null) {
            options.add(name);
            options.add(value);
        }
    }
}
