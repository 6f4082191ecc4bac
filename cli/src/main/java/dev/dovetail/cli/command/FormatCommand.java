package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.ExplicitDefaults;
import dev.dovetail.grammar.syntax.SpecFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail fmt SPEC}: the canonical layout of a spec, comments kept. */
@Command(
        name = "fmt",
        description = "Print a spec in canonical layout; comments stay.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail fmt my.dove                prints it",
            "  dovetail fmt --write specs/*.dove   lays the files out anew",
            "  dovetail fmt --explicit my.dove     prints it with the defaults said"
        })
public final class FormatCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "SPEC", arity = "1..*", description = "The specs to lay out.")
    private List<Path> specs;

    @Option(
            names = {"-w", "--write"},
            description = "Write to the file instead of printing.")
    private boolean write;

    @Option(names = "--check", description = "Name the files that are laid out otherwise, with status 1 if any.")
    private boolean check;

    @Option(names = "--explicit", description = "Say the defaults too.")
    private boolean explicit;

    public FormatCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        boolean clean = true;
        for (Path spec : specs) {
            clean &= format(spec);
        }
        return clean ? ExitStatus.OK : ExitStatus.WRONG_INPUT;
    }

    /** Answers whether the file is as it should be. A spec with mistakes in its form is left alone. */
    private boolean format(Path spec) throws IOException {
        var reader = new SpecReader(context);
        ParsedSpec parsed = SpecParser.parse(reader.text(spec));
        if (!parsed.diagnostics().isEmpty()) {
            reader.show(parsed.diagnostics(), Map.of(parsed.source().name(), parsed.source()));
            throw reader.failure(spec, parsed.diagnostics());
        }
        SpecFile file = explicit ? ExplicitDefaults.said(parsed.file()) : parsed.file();
        String formatted = SpecFormatter.format(file);
        boolean same = formatted.equals(parsed.source().text());
        if (check) {
            if (!same) {
                context.out().println(spec);
            }
            return same;
        }
        if (!write) {
            context.out().print(formatted);
        } else if (!same) {
            replace(context.resolve(spec), formatted);
            context.err().println("laid out " + spec);
        }
        return true;
    }

    /** All or nothing: an interrupted write leaves the old text. */
    private static void replace(Path file, String text) throws IOException {
        Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), ".fmt", ".dove");
        try {
            Files.writeString(beside, text);
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
    }
}
