package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.grammar.diagnostic.DiagnosticRecord;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail check SPEC}: everything wrong with a spec, and nothing else. */
@Command(
        name = "check",
        description = "Say what is wrong with a spec. Opens its imports and configs, never its data.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {"  dovetail check specs/quickstart.dove", "  dovetail check my.dove --set batch=64 --json"})
public final class CheckCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "SPEC", description = "The spec to check.")
    private Path spec;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Say one entry otherwise; repeatable.")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--json", description = "Print the errors as one JSON object.")
    private boolean json;

    public CheckCommand(CommandContext context) {
        this.context = context;
    }

    /** What {@code --json} prints. */
    record Answer(int schema, List<DiagnosticRecord> errors) {}

    @Override
    public ExitStatus execute() throws Exception {
        var reader = new SpecReader(context);
        ResolvedSpec resolved = reader.resolve(spec, overrides);
        if (json) {
            context.printJson(new Answer(
                    1, resolved.diagnostics().stream().map(DiagnosticRecord::of).toList()));
            return resolved.hasErrors() ? ExitStatus.WRONG_INPUT : ExitStatus.OK;
        }
        reader.show(resolved.diagnostics(), resolved.sources());
        if (resolved.hasErrors()) {
            throw reader.failure(spec, resolved.diagnostics());
        }
        context.out().println(spec + ": no errors");
        return ExitStatus.OK;
    }
}
