package dev.dovetail.cli.exchange;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.CommandFailure;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceWeights;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.checkpoint.Manifest;
import dev.dovetail.runtime.exchange.WeightFile;
import dev.dovetail.runtime.exchange.WeightFileException;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written for Hugging Face's library is read back as the same model with the same weights, to the last bit. */
class ExportTest {
    private static final dev.dovetail.runtime.memory.ElementType F32 = dev.dovetail.runtime.memory.ElementType.F32;

    @TempDir
    private Path folder;

    private static ModelDefinition model(String text) {
        var options = new ResolveOptions(List.of(), 1, List.of());
        var resolved = new SpecResolver(Catalog.shipped(), BlockCatalog.standard(), options)
                .resolve(new SourceText("model", text), Path.of("."));
        assertEquals(List.of(), resolved.diagnostics());
        return resolved.models().getFirst();
    }

    private static ModelDefinition model(String entries, String layer) {
        return model("model m {\n vocab bytes\n width 24\n context 16\n" + entries.replace(';', '\n')
                + "\n repeat 2 {\n" + layer.replace(';', '\n') + "\n }\n}\n");
    }

    /** As a run leaves them, every tensor with numbers of its own. */
    private Checkpoint trained(ModelDefinition model) {
        var form = ExpansionForm.Training.predicting(model.context(), 1);
        var shards = new ArrayList<StateShard>();
        long bytes = 0;
        for (var parameter :
                ExpandModel.expand(model, form, ElementType.F32).parameters().entrySet()) {
            List<Long> shape = parameter.getValue().value().type().dims().stream()
                    .map(Dim::bound)
                    .toList();
            var shard = StateShard.whole(parameter.getKey(), StateKind.WEIGHT, F32, shape, bytes, Initial.normal(1));
            shards.add(shard);
            bytes += Math.ceilDiv(shard.bytes(), 64L) * 64;
        }
        var store = new CheckpointStore(folder.resolve("trained"), 1);
        try (HostMemory memory = HostMemory.of("weights", bytes)) {
            shards.forEach(shard -> new StateInitializer(11).fill(shard, memory));
            store.begin(3);
            store.commit(
                    new Manifest(Manifest.SCHEMA, "job", 3, 0, 0, "", List.of(store.writeRank(3, 0, shards, memory))));
        }
        return store.latest().orElseThrow();
    }

    private static float[] values(Checkpoint checkpoint, String tensor) {
        List<Long> shape = checkpoint.shape(tensor, StateKind.WEIGHT);
        var shard = StateShard.whole(tensor, StateKind.WEIGHT, F32, shape, 0, Initial.zeros());
        try (HostMemory memory = HostMemory.of(tensor, shard.bytes())) {
            checkpoint.restore(shard, memory);
            return memory.segment().asSlice(0, shard.bytes()).toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            arcee      | ;                                                      | attention { heads 4 }; mlp { inner 96 }
            llama      | norm rmsnorm { epsilon 1e-5 };unembed tied             | attention { heads 4, kv_heads 2, bias all }; mlp { inner 64, activation swiglu }
            mistral    | positions rope { theta 1e6 };                          | attention { heads 4, window 8 }; mlp { inner 64, activation swiglu }
            qwen2      | ;                                                      | attention { heads 4, bias qkv }; mlp { inner 64, activation swiglu }
            qwen3      | ;                                                      | attention { heads 4, head_dim 8, qk_norm }; mlp { inner 64, activation geglu }
            mixtral    | ;                                                      | attention { heads 4 }; moe { experts 4, top 2, inner 20, activation swiglu, capacity 1.25, balance_loss 0.01 }
            qwen3_moe  | ;                                                      | attention { heads 4, qk_norm }; moe { experts 4, top 2, inner 20, activation swiglu, gates raw }
            gpt2       | positions learned; norm layernorm; unembed tied        | attention { heads 4 }; mlp { inner 96 }
            mamba      | positions none;unembed tied                            | ssm { kind mamba1, state 4 }
            mamba2     | positions none                                         | ssm { state 8, head_dim 6, groups 2, chunk 8 }
            granitemoehybrid | positions none | ssm { state 8, head_dim 12 }; mlp { inner 40, activation swiglu };}; repeat 1 {; attention { heads 4, kv_heads 2 }; mlp { inner 40, activation swiglu }
            starcoder2 | norm layernorm                                         | attention { heads 4, kv_heads 2 }; mlp { inner 96 }
            """)
    void comesBackAsItWas(String type, String entries, String layer) throws IOException {
        ModelDefinition model = model(entries, layer);
        Checkpoint trained = trained(model);
        Path written = folder.resolve("written");

        ExportedModel exported = ExportedModel.write(model, trained, Optional.empty(), written);

        assertEquals(type, exported.type());
        String spec = HuggingFaceConfig.declaration("m", Files.readString(written.resolve("config.json")));
        var again = new ImportedModel(folder.resolve("again"));
        assertEquals(0, ImportedModel.write(written, spec, model(spec), type, again.folder()));
        assertEquals(trained.tensors(), again.weights().tensors());
        for (String tensor : trained.tensors()) {
            assertArrayEquals(values(trained, tensor), values(again.weights(), tensor), tensor);
        }
    }

    /**
     * A convolution's newest weight is its last, and behind the channels of the state's inputs come what is written and read:
     * [channels + 2 x groups x state, 1, taps]; projections side by side: gate, inputs, writes, reads, steps of heads.
     */
    @Test
    void stateSpaceLayersAreStoredAsTheLibraryHasThem() throws IOException {
        ModelDefinition model = model("positions none", "ssm { state 8, head_dim 6, groups 2, chunk 8 }");
        Checkpoint trained = trained(model);
        ExportedModel.write(model, trained, Optional.empty(), folder.resolve("written"));
        WeightFile written = WeightFile.in(folder.resolve("written"));
        String mixer = "backbone.layers.1.mixer.";
        var projection = written.find(mixer + "in_proj.weight").orElseThrow();
        assertEquals(List.of(48L + 48 + 16 + 16 + 8, 24L), projection.shape());
        int input = 5;
        assertEquals(values(trained, "layers.1.ssm.read")[input * 16 + 3], (float)
                projection.at((48L + 48 + 16 + 3) * 24 + input));
        var convolution = written.find(mixer + "conv1d.weight").orElseThrow();
        assertEquals(List.of(48L + 16 + 16, 1L, 4L), convolution.shape());
        assertEquals(values(trained, "layers.1.ssm.conv_write_1")[7], (float) convolution.at((48L + 7) * 4 + 2));
        assertEquals(List.of(8L), written.find(mixer + "A_log").orElseThrow().shape());
        assertEquals(
                List.of(48L), written.find(mixer + "norm.weight").orElseThrow().shape());
    }

    /**
     * Keys and values of a head are neighbours, [heads x (head_dim + value_dim), latent]; of a query the rotary elements stand behind
     * the others, those that are turned together beside each other, as DeepSeek's files have them.
     */
    @Test
    void latentsAreStoredAsTheLibraryHasThem() throws IOException {
        ModelDefinition model = model(
                "",
                "attention { heads 4, kv_latent 12, q_latent 10, head_dim 6, rope_dim 4, value_dim 5 }; moe { experts 4, top 2,"
                        + " inner 20, activation swiglu, shared 2, scoring sigmoid, choice_bias }");
        Checkpoint trained = trained(model);
        Path written = Files.createDirectory(folder.resolve("written"));
        var exchange =
                new WeightExchange(model, HuggingFaceWeights.of("deepseek_v3").orElseThrow());
        exchange.write(trained, written.resolve("model.safetensors"));
        WeightFile file = WeightFile.in(written);
        String attention = "model.layers.1.self_attn.";
        var keysAndValues = file.find(attention + "kv_b_proj.weight").orElseThrow();
        assertEquals(List.of(4L * (6 + 5), 12L), keysAndValues.shape());
        assertEquals(values(trained, "layers.1.attention.k")[(7 * 4 + 2) * 6 + 3], (float)
                keysAndValues.at((2L * 11 + 3) * 12 + 7));
        assertEquals(values(trained, "layers.1.attention.v")[(7 * 4 + 2) * 5 + 4], (float)
                keysAndValues.at((2L * 11 + 6 + 4) * 12 + 7));
        var queries = file.find(attention + "q_b_proj.weight").orElseThrow();
        float[] ours = values(trained, "layers.1.attention.q");
        assertEquals(ours[(8 * 4 + 3) * 10 + 1], (float) queries.at((3L * 10 + 6 + 2) * 10 + 8));
        assertEquals(ours[(8 * 4 + 3) * 10 + 3], (float) queries.at((3L * 10 + 6 + 3) * 10 + 8));
        assertEquals(ours[(8 * 4 + 3) * 10 + 4], (float) queries.at(3L * 10 * 10 + 8));
        var down = file.find(attention + "kv_a_proj_with_mqa.weight").orElseThrow();
        assertEquals(values(trained, "layers.1.attention.rope_key")[5 * 4 + 2], (float) down.at((12L + 1) * 24 + 5));

        var again = new ImportedModel(folder.resolve("again"));
        assertEquals(0, ImportedModel.write(written, "", model, "deepseek_v3", again.folder()));
        for (String tensor : trained.tensors()) {
            assertArrayEquals(values(trained, tensor), values(again.weights(), tensor), tensor);
        }
    }

    /** Each expert's matrix lies as the library multiplies by it: outputs, then inputs. */
    @Test
    void expertsAreStoredApart() throws IOException {
        ModelDefinition model =
                model("", "attention { heads 4 }; moe { experts 4, top 2, inner 20, activation swiglu }");
        Checkpoint trained = trained(model);
        ExportedModel.write(model, trained, Optional.empty(), folder.resolve("written"));
        var up = WeightFile.in(folder.resolve("written"))
                .find("model.layers.1.block_sparse_moe.experts.3.w3.weight")
                .orElseThrow();
        assertEquals(List.of(20L, 24L), up.shape());
        int input = 5;
        int output = 7;
        assertEquals(values(trained, "layers.1.moe.in")[(3 * 24 + input) * 20 + output], (float)
                up.at(output * 24L + input));
    }

    @Test
    void aModelThatNoConfigCanSayIsRefused() {
        ModelDefinition model = model("", "attention { heads 4, qk_norm, sinks }; mlp { inner 96, activation relu }");
        var refused = assertThrows(
                CommandFailure.class,
                () -> ExportedModel.write(model, trained(model), Optional.empty(), folder.resolve("written")));
        assertTrue(refused.getMessage().contains("no family of the library"), refused.getMessage());
        assertTrue(Files.notExists(folder.resolve("written")));
    }

    @Test
    void aRunOfAnotherModelIsRefused() {
        Checkpoint trained = trained(model("", "attention { heads 4 }; mlp { inner 96 }"));
        ModelDefinition other = model("", "attention { heads 4 }; mlp { inner 95 }");
        var refused = assertThrows(
                WeightFileException.class,
                () -> ExportedModel.write(other, trained, Optional.empty(), folder.resolve("written")));
        assertTrue(refused.getMessage().contains("layers.0.mlp.in"), refused.getMessage());
        assertTrue(Files.notExists(folder.resolve("written").resolve("config.json")));
    }

    /** Nothing is half imported. */
    @Test
    void weightsThatAreNoNumbersAreRefused() throws IOException {
        ModelDefinition model = model("", "attention { heads 4 }; mlp { inner 96 }");
        Path written = folder.resolve("written");
        ExportedModel.write(model, trained(model), Optional.empty(), written);
        Path file = written.resolve("model.safetensors");
        byte[] bytes = Files.readAllBytes(file);
        // The last element of the last tensor becomes a NaN.
        bytes[bytes.length - 1] = 0x7f;
        bytes[bytes.length - 2] = (byte) 0xff;
        Files.write(file, bytes);
        var refused = assertThrows(
                WeightFileException.class,
                () -> ImportedModel.write(written, "", model, "arcee", folder.resolve("again")));
        assertTrue(refused.getMessage().contains("NaN at element"), refused.getMessage());
        assertTrue(Files.notExists(folder.resolve("again")));
    }

    /** As many numbers, and yet the other way round. */
    @Test
    void weightsOfAnotherShapeAreRefused() throws IOException {
        ModelDefinition model = model("", "attention { heads 4 }; mlp { inner 96 }");
        Path written = folder.resolve("written");
        ExportedModel.write(model, trained(model), Optional.empty(), written);
        ModelDefinition other = model("", "attention { heads 4 }; mlp { inner 95 }");
        var refused = assertThrows(
                WeightFileException.class,
                () -> ImportedModel.write(written, "", other, "arcee", folder.resolve("again")));
        assertTrue(refused.getMessage().contains("[96, 24]"), refused.getMessage());
        assertTrue(refused.getMessage().contains("[95, 24]"), refused.getMessage());
    }

    @Test
    void bytesAreTokensInTheLibrarysTokenizerToo() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(file, ByteTokenizer.json());
        String text = "a b\tc\r\n  Grüße, 東京! \u0000\u007f­";
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] expected = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            expected[i] = bytes[i] & 0xFF;
        }
        try (TextTokenizer tokenizer = TextTokenizer.open(file, 1000)) {
            assertArrayEquals(expected, tokenizer.ids(text));
            assertEquals(text, tokenizer.text(expected));
        }
    }
}
