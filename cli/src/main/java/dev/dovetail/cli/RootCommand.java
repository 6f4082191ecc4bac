package dev.dovetail.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code dovetail} with no subcommand: shows help. */
@Command(
        name = "dovetail",
        header = "Fits a model to a machine: a spec becomes a plan, a program, kernels and a job.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail run specs/quickstart.dove   plan, train, compare with the prediction",
            "  dovetail COMMAND --help              what a command takes",
            "  dovetail test                        the project's own tests",
        })
final class RootCommand implements Runnable {
    private final CommandContext context;

    @Spec
    private CommandSpec spec;

    RootCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public void run() {
        spec.commandLine().usage(context.out(), spec.commandLine().getColorScheme());
    }
}
