package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.exchange.ImportedModel;
import dev.dovetail.cli.exchange.SentenceEncoder;
import dev.dovetail.cli.exchange.TextTokenizer;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail embed DIR TEXT…}: sentences as vectors, by an encoder that was imported. */
@Command(
        name = "embed",
        description = "Embed texts with an imported encoder: how alike each is to the first.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail import minilm/config.json -o dovetail-out/minilm",
            "  dovetail embed dovetail-out/minilm \"a cat sleeps\" \"a kitten naps\" \"bonds fell\""
        })
public final class EmbedCommand implements DovetailCommand {
    private static final int LONGEST = 256;

    private final CommandContext context;

    @Parameters(index = "0", paramLabel = "DIR", description = "The folder of an imported encoder.")
    private Path folder;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "What is embedded.")
    private List<String> texts;

    @Option(names = "--json", description = "Print the vectors as one JSON object.")
    private boolean json;

    public EmbedCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws Exception {
        var imported = new ImportedModel(context.resolve(folder));
        var weights = imported.weights();
        ModelDefinition model = new SpecReader(context).model(imported.spec());
        if (model.ends().head().isJudged()
                || model.ends().signal().isPresent()
                || model.ends().source().isPresent()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + folder + "` holds no encoder of texts",
                    "import one, such as all-MiniLM-L6-v2");
        }
        // Sentences are compared by all rows of the last layer, whatever else the model makes of them.
        ModelDefinition whole = model.between(model.ends().with(new Head.Features()));
        var vectors = new ArrayList<double[]>();
        int threads = Runtime.getRuntime().availableProcessors();
        int longest = Math.min(LONGEST, model.context());
        try (TextTokenizer tokenizer = TextTokenizer.open(imported.tokenizer(), longest);
                SentenceEncoder encoder = new SentenceEncoder(whole, weights, longest, threads)) {
            texts.forEach(text -> vectors.add(encoder.embedding(tokenizer.ids(text))));
        }
        if (json) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("schema", 1);
            answer.put("embeddings", vectors);
            context.printJson(answer);
        } else {
            for (int i = 0; i < vectors.size(); i++) {
                context.out()
                        .println(String.format(
                                Locale.ROOT, "%6.3f  %s", cosine(vectors.getFirst(), vectors.get(i)), texts.get(i)));
            }
        }
        return ExitStatus.OK;
    }

    /** Both are of length 1. */
    private static double cosine(double[] one, double[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }
}
