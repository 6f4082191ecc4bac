package dev.dovetail.cli.spec;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticRenderer;
import dev.dovetail.grammar.diagnostic.Severity;
import dev.dovetail.grammar.parse.ParsedSpec;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.optimizer.technique.Technique;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads specs for commands, and tells the user what is wrong with them. */
public final class SpecReader {
    private final CommandContext context;
    private final boolean gpus;

    public SpecReader(CommandContext context) {
        this(context, false);
    }

    /** @param gpus whether {@code this machine} means its GPUs */
    public SpecReader(CommandContext context, boolean gpus) {
        this.context = context;
        this.gpus = gpus;
    }

    /** The text of a spec as the command line names it; a missing or unreadable file ends the command. */
    public SourceText text(Path spec) throws IOException {
        Path file = context.resolve(spec);
        if (Files.isDirectory(file)) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, spec + " is a folder, not a spec");
        }
        try {
            return new SourceText(spec.toString(), Files.readString(file));
        } catch (CharacterCodingException notText) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, spec + " is not a text in UTF-8");
        }
    }

    /** The tree of a spec as written. Mistakes of form are shown and end the command. */
    public SpecFile syntax(Path spec) throws IOException {
        ParsedSpec parsed = SpecParser.parse(text(spec));
        if (!parsed.diagnostics().isEmpty()) {
            show(parsed.diagnostics(), Map.of(parsed.source().name(), parsed.source()));
            throw failure(spec, parsed.diagnostics());
        }
        return parsed.file();
    }

    /** The spec and everything wrong with it; nothing is printed. {@code overrides} are {@code NAME=VALUE} each. */
    public ResolvedSpec resolve(Path spec, List<String> overrides) throws IOException {
        SourceText source = text(spec);
        Path folder = context.resolve(spec).getParent();
        List<String> techniques = TechniqueCatalog.standard().techniques().stream()
                .map(Technique::name)
                .toList();
        var options = new ResolveOptions(overrides, Runtime.getRuntime().availableProcessors(), techniques, gpus);
        return new SpecResolver(Catalog.shipped(), BlockCatalog.standard(), options).resolve(source, folder);
    }

    /** The one job of a spec, or the one called so. Mistakes are shown and end the command. */
    public TrainJob job(Path spec, List<String> overrides, Optional<String> name) throws IOException {
        ResolvedSpec resolved = resolve(spec, overrides);
        show(resolved.diagnostics(), resolved.sources());
        if (resolved.hasErrors()) {
            throw failure(spec, resolved.diagnostics());
        }
        return name.isPresent() ? named(spec, resolved, name.get()) : only(spec, resolved);
    }

    /** The first model of a spec. Mistakes are shown and end the command. */
    public ModelDefinition model(Path spec) throws IOException {
        ResolvedSpec resolved = resolve(spec, List.of());
        show(resolved.diagnostics(), resolved.sources());
        if (resolved.hasErrors() || resolved.models().isEmpty()) {
            throw failure(spec, resolved.diagnostics());
        }
        return resolved.models().getFirst();
    }

    /** Shows diagnostics on standard error. */
    public void show(List<Diagnostic> diagnostics, Map<String, SourceText> sources) {
        var renderer = new DiagnosticRenderer(sources, context.terminal().colourErr());
        context.err().print(renderer.renderAll(diagnostics));
    }

    /** How a command ends after it has shown these. */
    public CommandFailure failure(Path spec, List<Diagnostic> diagnostics) {
        long errors = diagnostics.stream()
                .filter(diagnostic -> diagnostic.severity() == Severity.ERROR)
                .count();
        String count = errors == 1 ? "1 error" : errors + " errors";
        return CommandFailure.of(ExitStatus.WRONG_INPUT, count + " in " + spec);
    }

    private static TrainJob named(Path spec, ResolvedSpec resolved, String name) {
        return resolved.job(name)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "no job in " + spec + " is called " + name,
                        "it has " + names(resolved)));
    }

    private static TrainJob only(Path spec, ResolvedSpec resolved) {
        if (resolved.jobs().isEmpty()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    spec + " has no job",
                    "add one, such as `train <model> on <cluster> { … }`");
        }
        if (resolved.jobs().size() > 1) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    spec + " has several jobs: " + names(resolved),
                    "choose one with `--job " + resolved.jobs().getFirst().name() + "`");
        }
        return resolved.jobs().getFirst();
    }

    private static String names(ResolvedSpec resolved) {
        return String.join(", ", resolved.jobs().stream().map(TrainJob::name).toList());
    }
}
