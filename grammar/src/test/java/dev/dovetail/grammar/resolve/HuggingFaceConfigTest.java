package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.huggingface.BrokenConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.UnsupportedConfig;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.model.ModelFigures;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceConfigTest {
    private static final String NEOX = """
            {"model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072, "rotary_pct": 0.25,
             "max_position_embeddings": 2048, "use_parallel_residual": true}
            """;

    /** 162,322,944 is what EleutherAI gives for Pythia 160M, with its untied output. */
    @Test
    void readsGptNeox() {
        ModelDefinition pythia = model(NEOX);
        assertEquals(162_322_944L, Specs.parameters(pythia));
        assertTrue(pythia.stacks().getFirst().subLayers().get(1).parallel());
    }

    /** 7,241,732,096: as the model hub reports for Mistral 7B v0.1. */
    @Test
    void readsMistralWithItsWindow() {
        ModelDefinition mistral = model("""
                {"model_type": "mistral", "vocab_size": 32000, "hidden_size": 4096, "num_hidden_layers": 32,
                 "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336,
                 "max_position_embeddings": 32768, "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
                 "sliding_window": 4096, "tie_word_embeddings": false, "hidden_act": "silu"}
                """);
        assertEquals(7_241_732_096L, Specs.parameters(mistral));
        var attention = mistral.stacks().getFirst().subLayers().getFirst().settings();
        assertEquals(4096, attention.count("window").orElseThrow());
        assertEquals(1e-5, mistral.epsilon());
    }

    @Test
    void readsTheStretchedFrequenciesOfLlama31() {
        ModelDefinition llama = model("""
                {"model_type": "llama", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2,
                 "num_attention_heads": 4, "intermediate_size": 128, "rope_theta": 500000.0,
                 "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                  "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}}
                """);
        var rope = llama.stacks()
                .getFirst()
                .subLayers()
                .getFirst()
                .settings()
                .group("rope")
                .orElseThrow();
        assertEquals(8, rope.real("factor").orElseThrow());
        assertEquals(8192, rope.count("original_context").orElseThrow());
        assertEquals(500000, rope.real("theta").orElseThrow());
    }

    @Test
    void optsPositionTableHasTwoRowsMore() {
        ModelDefinition opt = Specs.sound("model m from \"models/opt-13b/config.json\"\n")
                .models()
                .getFirst();
        assertEquals(2048, opt.context());
        assertEquals(2050, opt.positionRows());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}",
                "{\"model_type\": 3}",
                "{\"model_type\": \"gpt2\"}",
                "{\"model_type\": \"gpt2\", \"n_embd\": 7.5}",
                "{\"model_type\": \"gpt2\", \"n_embd\": -1}",
                "{\"model_type\": \"llama\", \"hidden_size\": \"many\"}",
            })
    void refusesWhatIsNoConfig(String json) {
        assertThrows(BrokenConfig.class, () -> HuggingFaceConfig.declaration("m", json));
    }

    @ParameterizedTest
    @CsvSource({
        "jamba, a model of type `jamba` is",
        "mamba2, a model of type `mamba2` is",
    })
    void namesTheFamiliesThatAreStillToCome(String type, String message) {
        Exception unsupported = assertThrows(
                UnsupportedConfig.class,
                () -> HuggingFaceConfig.declaration("m", "{\"model_type\": \"" + type + "\"}"));
        assertEquals(message, unsupported.getMessage());
    }

    @Test
    void whatItWritesIsAlreadyASpecInItsOwnRight() {
        String declaration = HuggingFaceConfig.declaration("pythia", NEOX);
        String formatted = SpecFormatter.format(
                SpecParser.parse(new SourceText("m.dove", declaration)).file());
        assertEquals(
                Specs.parameters(model(NEOX)),
                Specs.parameters(Specs.sound(formatted).models().getFirst()));
    }

    /**
     * Training operations of one token as NVIDIA counts them for Llama 3 8B at 8192 tokens: 51.4708 GFLOP, the median over 12
     * published runs (Megatron Bridge performance tables). A KV cache entry is 2 x 32 layers x 8 heads x 128 x 2 bytes.
     */
    @Test
    void countsOperationsAsPublished() {
        ModelDefinition llama = Specs.sound("model m from \"models/llama-3-8b/config.json\"\n")
                .models()
                .getFirst();
        ModelFigures figures = ModelFigures.of(llama);
        assertEquals(51.4708e9, figures.trainingFlops().value(), 0.0005e9);
        assertEquals(131072, figures.cache().count());
        assertEquals(32, figures.layers());
        assertEquals(8_030_261_248L, figures.parameters());
    }

    /** Active parameters as the models' publishers count them, both embedding tables among them. */
    @ParameterizedTest
    @CsvSource({
        "mixtral-8x7b, 46702792704, 12879925248",
        "mixtral-8x22b, 140630071296, 39161468928",
        "qwen3-30b-a3b, 30532122624, 3353032704",
        "deepseek-v2-lite, 15706484224, 2661150208",
        "deepseek-v3, 671026419200, 37552297472",
        "gpt-oss-120b, 116829156672, 5711982912",
    })
    void countsWhatATokenUses(String name, long total, long active) {
        ModelDefinition model = Specs.sound("model m from \"models/" + name + "/config.json\"\n")
                .models()
                .getFirst();
        ModelFigures figures = ModelFigures.of(model);
        assertEquals(total, figures.parameters());
        assertEquals(active, figures.active());
    }

    /** (512 + 64) x 61 layers x 2 bytes: the latent and the rotary key that all heads share. */
    @Test
    void latentAttentionCachesOneLatentALayer() {
        ModelDefinition model = Specs.sound("model m from \"models/deepseek-v3/config.json\"\n")
                .models()
                .getFirst();
        assertEquals(70272, ModelFigures.of(model).cache().count());
    }

    private static ModelDefinition model(String json) {
        return Specs.sound(HuggingFaceConfig.declaration("m", json)).models().getFirst();
    }
}
