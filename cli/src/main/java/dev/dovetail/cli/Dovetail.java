package dev.dovetail.cli;

import dev.dovetail.cli.terminal.Terminal;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;

/** The {@code dovetail} command: the composition root, where arguments meet commands. */
public final class Dovetail {
    private Dovetail() {}

    public static void main(String[] arguments) {
        Terminal terminal = Terminal.of(System.getenv(), System.getProperties());
        var context = new CommandContext(Path.of("").toAbsolutePath(), System.out, System.err, terminal);
        int code = run(context, List.of(arguments)).code();
        System.out.flush();
        System.exit(code);
    }

    /** Runs one command line and answers with its status; everything it prints goes through the context. */
    public static ExitStatus run(CommandContext context, List<String> arguments) {
        var failures = new Failures(context);
        try {
            return ExitStatus.of(commandLine(context, failures).execute(arguments.toArray(String[]::new)));
        } catch (Throwable bug) {
            // The exception handler below sees exceptions alone; an Error or a wrongly annotated command ends here.
            return failures.report(bug);
        }
    }

    private static CommandLine commandLine(CommandContext context, Failures failures) {
        var commandLine = new CommandLine(new RootCommand(context));
        CommandCatalog.of(context).forEach(commandLine::addSubcommand);
        return commandLine
                .setOut(context.outWriter())
                .setErr(context.errWriter())
                .setUsageHelpAutoWidth(false)
                .setUsageHelpWidth(context.terminal().helpWidth())
                .setAbbreviatedSubcommandsAllowed(false)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setColorScheme(Help.defaultColorScheme(context.terminal().colourOut() ? Help.Ansi.ON : Help.Ansi.OFF))
                .setExecutionExceptionHandler(
                        (failure, _, _) -> failures.report(failure).code())
                .setParameterExceptionHandler(
                        (wrong, _) -> failures.reportUsage(wrong).code());
    }
}
