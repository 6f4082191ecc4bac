package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.exchange.ImportedModel;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.grammar.diagnostic.NearestName;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.resolve.huggingface.BrokenConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.UnknownModelType;
import dev.dovetail.grammar.resolve.huggingface.UnsupportedConfig;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.model.ModelFigures;
import dev.dovetail.ir.units.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail import config.json}: a Hugging Face config said as a spec; with {@code -o}, its weights as a checkpoint too. */
@Command(
        name = "import",
        description = "Print the spec of a Hugging Face config.json; one of the catalog's by its name.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail import config.json > my_model.dove",
            "  dovetail import minilm/config.json -o dovetail-out/minilm    with the weights beside it",
            "  dovetail import models/llama-3-8b/config.json --json"
        })
public final class ImportCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "CONFIG", description = "A config.json, or models/NAME/config.json of the catalog.")
    private Path config;

    @Option(names = "--name", defaultValue = "", description = "What to call the model; from the path unless said.")
    private String name;

    @Option(
            names = "-o",
            paramLabel = "DIR",
            description = "Import the weights beside the config too: jobs can say `from \"DIR\"`.")
    private Path output;

    @Option(names = "--json", description = "Print the model's figures and its spec as one JSON object.")
    private boolean json;

    public ImportCommand(CommandContext context) {
        this.context = context;
    }

    /** A token uses what of the routed experts it is routed to; all are trained. */
    record ParameterCounts(long total, long active, long trainable) {}

    @Override
    public ExitStatus execute() throws Exception {
        String spec = spec();
        ResolvedSpec resolved = resolved(spec);
        if (output != null) {
            int unused = ImportedModel.write(
                    context.resolve(config).getParent(),
                    spec,
                    resolved.models().getFirst(),
                    type(),
                    context.resolve(output));
            String left = unused == 0 ? "" : "; " + unused + " tensors of the files are none of the model's";
            context.err().println("imported into " + output + ": a job can say `from \"" + output + "\"`" + left);
        }
        if (json) {
            context.printJson(answer(spec, ModelFigures.of(resolved.models().getFirst())));
        } else {
            context.out().print(spec);
        }
        return ExitStatus.OK;
    }

    private String type() throws IOException {
        return HuggingFaceConfig.type(text());
    }

    private String spec() throws IOException {
        try {
            String declaration = HuggingFaceConfig.declaration(modelName(), text());
            SourceText source = new SourceText(config + " as a spec", declaration);
            return SpecFormatter.format(SpecParser.parse(source).file());
        } catch (BrokenConfig broken) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, config + " is no config: " + broken.getMessage());
        } catch (UnknownModelType unknown) {
            String meant = NearestName.of(unknown.type(), unknown.known())
                    .map(name -> "; did you mean `" + name + "`?")
                    .orElse("; known are " + String.join(", ", unknown.known()));
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, config + ": " + unknown.getMessage() + meant);
        } catch (UnsupportedConfig unsupported) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT, config + ": " + unsupported.getMessage() + " not supported yet");
        }
    }

    private String text() throws IOException {
        boolean here = Files.exists(context.resolve(config));
        if (!here) {
            var shipped = Catalog.shipped().config(config.toString());
            if (shipped.isPresent()) {
                return shipped.get();
            }
        }
        return new SpecReader(context).text(config).text();
    }

    /** The config may still describe a model that cannot be: heads that do not divide, a width of 0. */
    private ResolvedSpec resolved(String spec) {
        SourceText source = new SourceText(config + " as a spec", spec);
        var resolver = new SpecResolver(
                Catalog.shipped(), BlockCatalog.standard(), new ResolveOptions(List.of(), 1, List.of()));
        ResolvedSpec resolved = resolver.resolve(source, context.workingDirectory());
        if (resolved.hasErrors()) {
            var reader = new SpecReader(context);
            reader.show(resolved.diagnostics(), resolved.sources());
            throw reader.failure(config, resolved.diagnostics());
        }
        return resolved;
    }

    private static Map<String, Object> answer(String spec, ModelFigures figures) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("schema", 1);
        answer.put("parameters", new ParameterCounts(figures.parameters(), figures.active(), figures.trained()));
        answer.put("flops_per_token", figures.trainingFlops().value());
        putIfAny(answer, "kv_bytes_per_token", figures.cache());
        putIfAny(answer, "state_bytes", figures.state());
        answer.put("layers", figures.layers());
        answer.put("spec", spec);
        return answer;
    }

    /** What a model has none of is absent. */
    private static void putIfAny(Map<String, Object> answer, String name, Bytes bytes) {
        if (bytes.count() > 0) {
            answer.put(name, bytes.count());
        }
    }

    /** Snake case of the folder if the file is called config.json, else of the file. */
    private String modelName() {
        if (!name.isEmpty()) {
            return name;
        }
        Path file = config.getFileName();
        Path folder = context.resolve(config).getParent().getFileName();
        String base = file.toString().equals("config.json") && folder != null
                ? folder.toString()
                : file.toString().replaceFirst("\\.json$", "");
        String snake =
                base.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_").replaceAll("^_|_$", "");
        return snake.isEmpty() || Character.isDigit(snake.charAt(0)) ? "model_" + snake : snake;
    }
}
