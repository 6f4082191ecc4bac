package dev.dovetail.grammar.resolve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.parse.SpecParser;
import dev.dovetail.grammar.resolve.huggingface.BrokenConfig;
import dev.dovetail.grammar.resolve.huggingface.HuggingFaceConfig;
import dev.dovetail.grammar.resolve.huggingface.UnknownModelType;
import dev.dovetail.grammar.resolve.huggingface.UnsupportedConfig;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.model.ModelFigures;
import dev.dovetail.ir.spec.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** Configs of every family, each with the counts that were published: one table, read one way. */
class HuggingFaceConfigTest {
    private static final String NEOX = """
            {"model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 768, "num_hidden_layers": 12,
             "num_attention_heads": 12, "intermediate_size": 3072, "rotary_pct": 0.25,
             "max_position_embeddings": 2048, "use_parallel_residual": true}
            """;

    private static final String SIGLIP = "{'model_type': 'siglip_vision_model', 'hidden_size': 1152,"
            + " 'intermediate_size': 4304, 'num_hidden_layers': 27, 'num_attention_heads': 16, 'patch_size': 14, 'image_size': ";

    private static final String MAMBAS_AND_ONE =
            "'mamba', 'mamba', 'mamba', 'mamba', 'mamba', 'attention', 'mamba', 'mamba'," + " 'mamba', 'mamba'";

    /** The same as newer versions of the library write it. */
    private static final String LINEARS_AND_ONE = "'linear_attention', 'linear_attention', 'linear_attention', "
            + "'linear_attention', 'linear_attention', 'full_attention', 'linear_attention', 'linear_attention', "
            + "'linear_attention', 'linear_attention'";

    private static final String GLOBAL_AND_TWO = "'full_attention', 'sliding_attention', 'sliding_attention'";

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

    /** 675,129,632 with a fixed table of positions, and 118.62 billion multiply-adds a picture: as its publisher's code has it. */
    @Test
    void readsDiffusionTransformers() {
        ModelDefinition dit = model("""
                {"_class_name": "DiTTransformer2DModel", "num_attention_heads": 16, "attention_head_dim": 72,
                 "in_channels": 4, "out_channels": 8, "num_layers": 28, "patch_size": 2, "sample_size": 32,
                 "num_embeds_ada_norm": 1000, "activation_fn": "gelu-approximate", "attention_bias": true,
                 "norm_type": "ada_norm_zero", "norm_elementwise_affine": false}
                """);
        ModelFigures figures = ModelFigures.of(dit);
        assertEquals(675_129_632L, figures.parameters());
        assertEquals(675_129_632L - 256 * 1152, figures.trained());
        double multiplyAdds = figures.trainingFlops().value() / 3 / 2 * dit.context();
        assertEquals(118.62e9, multiplyAdds, 0.01e9);
    }

    /** Totals without the table of places, which published files keep as a buffer. */
    @Test
    void readsDiffusionTransformersOfTwoStreams() {
        String config = """
                {"_class_name": "SD3Transformer2DModel", "sample_size": 128, "patch_size": 2, "in_channels": 16,
                 "out_channels": 16, "num_layers": %d, "attention_head_dim": 64, "num_attention_heads": %d,
                 "joint_attention_dim": 4096, "caption_projection_dim": %d, "pooled_projection_dim": 2048,
                 "pos_embed_max_size": 192, "qk_norm": %s, "dual_attention_layers": []}
                """;
        assertEquals(
                8_056_627_520L, Specs.parameters(model(config.formatted(38, 38, 2432, "\"rms_norm\""))), "SD3.5 large");
        assertEquals(2_028_328_000L, Specs.parameters(model(config.formatted(24, 24, 1536, "null"))), "SD3 medium");
    }

    /**
     * 79,674,391,296 without the layer that predicts tokens further ahead: as the published code's shapes add up. A token leaves
     * keys and values of two heads of 256 in each of twelve layers, all of them together thirty-two states of 128 x 128 and three
     * convolutions of four rows in each of thirty-six.
     */
    @Test
    void readsGatedDeltaHybrids() {
        ModelDefinition next = model("""
                {"model_type": "qwen3_next", "vocab_size": 151936, "hidden_size": 2048, "num_hidden_layers": 48,
                 "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 256, "intermediate_size": 5120,
                 "full_attention_interval": 4, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128,
                 "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
                 "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512,
                 "shared_expert_intermediate_size": 512, "norm_topk_prob": true, "partial_rotary_factor": 0.25,
                 "rope_theta": 10000000, "rms_norm_eps": 1e-06, "max_position_embeddings": 4096,
                 "tie_word_embeddings": false}
                """);
        ModelFigures figures = ModelFigures.of(next);
        assertEquals(79_674_391_296L, figures.parameters());
        assertEquals(12 * 2 * 2 * 256 * 2, figures.cache().count());
        assertEquals(
                36 * (32 * 128 * 128 + 4 * (2 * 2048 + 4096)) * 2,
                figures.state().count());
    }

    /** The layer beside the model has 11,610,068,224, as published; no token uses it once the model is trained. */
    @Test
    void countsLayersThatPredictFurther() {
        ModelDefinition deepseek = Specs.sound("model m from \"models/deepseek-v3/config.json\" { mtp 1 }\n")
                .models()
                .getFirst();
        ModelFigures figures = ModelFigures.of(deepseek);
        assertEquals(682_636_487_424L, figures.parameters());
        assertEquals(37_552_297_472L, figures.active());
    }

    /** 859,520,964 and 2,567,463,684: as the model hub reports for the UNets of Stable Diffusion 1.5 and XL. */
    @Test
    void readsUnets() {
        ModelDefinition first = model("""
                {"_class_name": "UNet2DConditionModel", "sample_size": 64, "in_channels": 4, "out_channels": 4,
                 "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2, "attention_head_dim": 8,
                 "cross_attention_dim": 768, "norm_num_groups": 32, "norm_eps": 1e-05,
                 "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
                 "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]}
                """);
        assertEquals(859_520_964L, Specs.parameters(first));
        ModelDefinition large = model("""
                {"_class_name": "UNet2DConditionModel", "sample_size": 128, "in_channels": 4, "out_channels": 4,
                 "block_out_channels": [320, 640, 1280], "layers_per_block": 2, "attention_head_dim": [5, 10, 20],
                 "transformer_layers_per_block": [1, 2, 10], "cross_attention_dim": 2048, "norm_num_groups": 32,
                 "addition_embed_type": "text_time", "projection_class_embeddings_input_dim": 2816,
                 "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
                 "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"]}
                """);
        assertEquals(2_567_463_684L, Specs.parameters(large));
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

    /** As its publisher says it: 1.3688 = 0.1 ln 40 + 1 enters scores twice, and the turned elements not at all. */
    @Test
    void readsTheYarnOfDeepSeek() {
        ModelDefinition stock = model("""
                {"model_type": "deepseek_v3", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 4,
                 "intermediate_size": 128, "moe_intermediate_size": 32, "n_routed_experts": 16, "num_experts_per_tok": 4,
                 "n_shared_experts": 1, "n_group": 8, "topk_group": 4, "num_attention_heads": 4, "q_lora_rank": 24,
                 "kv_lora_rank": 32, "max_position_embeddings": 163840, "attention_bias": false,
                 "rope_scaling": {"beta_fast": 32, "beta_slow": 1, "factor": 40, "mscale": 1.0, "mscale_all_dim": 1.0,
                                  "original_max_position_embeddings": 4096, "type": "yarn"}}
                """);
        Settings attention = stock.stacks().getFirst().subLayers().getFirst().settings();
        assertEquals(
                1.3688879 * 1.3688879 / Math.sqrt(192), attention.real("scale").orElseThrow(), 1e-6);
        Settings rope = attention.group("rope").orElseThrow();
        assertEquals("yarn", rope.word("scaling").orElseThrow());
        assertEquals(4096, rope.count("original_context").orElseThrow());
        assertFalse(rope.has("magnitude"));
    }

    /** 1.3466 = 0.1 ln 32 + 1; the blend of gpt-oss begins and ends between pairs. */
    @Test
    void readsTheYarnOfGptOss() {
        ModelDefinition stock = model("""
                {"model_type": "gpt_oss", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2,
                 "intermediate_size": 64, "num_local_experts": 4, "num_attention_heads": 4, "num_key_value_heads": 2,
                 "rope_theta": 150000, "layer_types": ["sliding_attention", "full_attention"],
                 "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "truncate": false,
                                  "original_max_position_embeddings": 4096, "rope_type": "yarn"}}
                """);
        Settings rope = stock.stacks()
                .getFirst()
                .subLayers()
                .getFirst()
                .settings()
                .group("rope")
                .orElseThrow();
        assertTrue(rope.has("fractional"));
        assertEquals(1.3465736, rope.real("magnitude").orElseThrow(), 1e-6);
    }

    /** 1.1902 = sqrt(1 + ln 32 / ln 4096), as Phi-3's own code has it. */
    @Test
    void readsADivisorForEachPair() {
        ModelDefinition phi = model("""
                {"model_type": "phi3", "vocab_size": 100, "hidden_size": 16, "num_hidden_layers": 1,
                 "intermediate_size": 32, "num_attention_heads": 2, "max_position_embeddings": 131072,
                 "original_max_position_embeddings": 4096,
                 "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.2, 1.3],
                                  "long_factor": [1.0, 2.5, 20.0, 64.0]}}
                """);
        Settings rope = phi.stacks()
                .getFirst()
                .subLayers()
                .getFirst()
                .settings()
                .group("rope")
                .orElseThrow();
        assertEquals(List.of(1.0, 2.5, 20.0, 64.0), rope.reals("divisors"));
        assertEquals(1.1902380, rope.real("magnitude").orElseThrow(), 1e-6);
    }

    /** One object for each kind of layer, as the newest library writes Gemma 3's. */
    @Test
    void readsPositionsOfEachKindOfLayer() {
        ModelDefinition gemma = model("""
                {"model_type": "gemma3_text", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 128,
                 "num_hidden_layers": 6, "num_attention_heads": 4, "num_key_value_heads": 1,
                 "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 2000000.0},
                                     "sliding_attention": {"rope_type": "default", "rope_theta": 20000.0}}}
                """);
        List<Settings> ropes = gemma.kinds().stream()
                .map(kind ->
                        kind.subLayers().getFirst().settings().group("rope").orElseThrow())
                .toList();
        assertEquals(20000, ropes.get(0).real("theta").orElseThrow());
        assertEquals(2000000, ropes.get(1).real("theta").orElseThrow());
        assertEquals(8, ropes.get(1).real("factor").orElseThrow());
    }

    /** Gemma 3: five windowed layers, then one that sees everything with another base. */
    @Test
    void saysLayersThatTakeTurnsOnce() {
        String text = HuggingFaceConfig.declaration("m", """
                {"model_type": "gemma3_text", "vocab_size": 100, "hidden_size": 64, "intermediate_size": 128,
                 "num_hidden_layers": 14, "num_attention_heads": 4, "num_key_value_heads": 1}
                """);
        assertEquals(4, text.split("repeat", -1).length - 1, text);
        ModelDefinition gemma = Specs.sound(text).models().getFirst();
        assertEquals(14, gemma.layers());
        assertEquals(
                2,
                gemma.stacks().stream()
                        .map(ModelDefinition.Stack::kind)
                        .distinct()
                        .count());
    }

    @Test
    void optsPositionTableHasTwoRowsMore() {
        ModelDefinition opt = Specs.sound("model m from \"models/opt-13b/config.json\"\n")
                .models()
                .getFirst();
        assertEquals(2048, opt.context());
        assertEquals(2050, opt.positionRows());
    }

    /**
     * Configs as the model hub has them, without what does not matter, and the counts that it reports for their weights
     * ({@code safetensors} totals; of Gemma, Cohere and others that tie their output, it once).
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "phi-2|2779683840|phi|'vocab_size': 51200, 'hidden_size': 2560, 'intermediate_size': 10240,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'partial_rotary_factor': 0.4",
                "phi-3-mini|3821079552|phi3|'vocab_size': 32064, 'hidden_size': 3072, 'intermediate_size': 8192,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'sliding_window': 2047",
                "gemma-2b|2506172416|gemma|'vocab_size': 256000, 'hidden_size': 2048, 'intermediate_size': 16384,"
                        + " 'num_hidden_layers': 18, 'num_attention_heads': 8, 'num_key_value_heads': 1, 'hidden_act': 'gelu'",
                "gemma-2-9b|9241705984|gemma2|'vocab_size': 256000, 'hidden_size': 3584, 'intermediate_size': 14336,"
                        + " 'num_hidden_layers': 42, 'num_attention_heads': 16, 'num_key_value_heads': 8, 'sliding_window': 4096",
                "gemma-3-1b|999885952|gemma3_text|'vocab_size': 262144, 'hidden_size': 1152, 'intermediate_size': 6912,"
                        + " 'num_hidden_layers': 26, 'num_attention_heads': 4, 'num_key_value_heads': 1, 'sliding_window': 512",
                "recurrentgemma-2b|2682862080|recurrent_gemma|'vocab_size': 256000, 'hidden_size': 2560, 'intermediate_size': 15360,"
                        + " 'num_hidden_layers': 26, 'num_attention_heads': 10, 'num_key_value_heads': 1, 'lru_width': 2560",
                "lfm2-1.2b|1170340608|lfm2|'vocab_size': 65536, 'hidden_size': 2048, 'block_ff_dim': 12288,"
                        + " 'num_hidden_layers': 16, 'num_attention_heads': 32, 'full_attn_idxs': [2, 5, 8, 10, 12, 14]",
                "hunyuan-a13b|80393183232|hunyuan_v1_moe|'vocab_size': 128167, 'hidden_size': 4096, 'intermediate_size': 3072,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'num_key_value_heads': 8, 'head_dim': 128,"
                        + " 'moe_intermediate_size': [3072, 3072], 'moe_topk': [8, 8], 'num_shared_expert': [1, 1],"
                        + " 'num_experts': 64, 'tie_word_embeddings': true",
                "falcon-7b|6921720704|falcon|'vocab_size': 65024, 'hidden_size': 4544, 'num_hidden_layers': 32,"
                        + " 'num_attention_heads': 71, 'num_kv_heads': 71, 'multi_query': true, 'parallel_attn': true",
                "falcon-40b|41303293952|falcon|'vocab_size': 65024, 'hidden_size': 8192, 'num_hidden_layers': 60,"
                        + " 'num_attention_heads': 128, 'num_kv_heads': 8, 'new_decoder_architecture': true",
                "falcon-rw-1b|1311625216|falcon|'vocab_size': 50304, 'hidden_size': 2048, 'num_hidden_layers': 24,"
                        + " 'num_attention_heads': 32, 'alibi': true, 'bias': true, 'multi_query': false, 'parallel_attn': false",
                "starcoder2-3b|3030371328|starcoder2|'vocab_size': 49152, 'hidden_size': 3072, 'intermediate_size': 12288,"
                        + " 'num_hidden_layers': 30, 'num_attention_heads': 24, 'num_key_value_heads': 2, 'sliding_window': 4096",
                "stablelm-2-1.6b|1644515328|stablelm|'vocab_size': 100352, 'hidden_size': 2048, 'intermediate_size': 5632,"
                        + " 'num_hidden_layers': 24, 'num_attention_heads': 32, 'use_qkv_bias': true",
                "olmo-1b|1176764416|olmo|'vocab_size': 50304, 'hidden_size': 2048, 'intermediate_size': 8192,"
                        + " 'num_hidden_layers': 16, 'num_attention_heads': 16, 'tie_word_embeddings': true, 'clip_qkv': null",
                "olmo-2-7b|7298617344|olmo2|'vocab_size': 100352, 'hidden_size': 4096, 'intermediate_size': 11008,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32",
                "olmoe-1b-7b|6919161856|olmoe|'vocab_size': 50304, 'hidden_size': 2048, 'intermediate_size': 1024,"
                        + " 'num_hidden_layers': 16, 'num_attention_heads': 16, 'num_key_value_heads': 16",
                "command-r|34980831232|cohere|'vocab_size': 256000, 'hidden_size': 8192, 'intermediate_size': 22528,"
                        + " 'num_hidden_layers': 40, 'num_attention_heads': 64",
                "gpt-j-6b|6050882784|gptj|'vocab_size': 50400, 'n_embd': 4096, 'n_layer': 28, 'n_head': 16, 'rotary_dim': 64,"
                        + " 'n_inner': null, 'n_positions': 2048",
                "gpt-neo-1.3b|1315575808|gpt_neo|'vocab_size': 50257, 'hidden_size': 2048, 'num_layers': 24, 'num_heads': 16,"
                        + " 'intermediate_size': null, 'window_size': 256",
                "openai-gpt|116534784|openai-gpt|'vocab_size': 40478, 'n_embd': 768, 'n_layer': 12, 'n_head': 12, 'afn': 'gelu'",
                "starcoderbase-1b|1137207296|gpt_bigcode|'vocab_size': 49152, 'n_embd': 2048, 'n_layer': 24, 'n_head': 16,"
                        + " 'n_positions': 8192",
                "mpt-7b|6649286656|mpt|'vocab_size': 50432, 'd_model': 4096, 'n_layers': 32, 'n_heads': 32, 'expansion_ratio': 4,"
                        + " 'attn_config': {'alibi': true, 'clip_qkv': null, 'qk_ln': false}",
                "glm-4-9b|9399951360|glm|'vocab_size': 151552, 'hidden_size': 4096, 'intermediate_size': 13696,"
                        + " 'num_hidden_layers': 40, 'num_attention_heads': 32, 'attention_bias': true",
                "granite-3.0-8b|8170848256|granite|'vocab_size': 49155, 'hidden_size': 4096, 'intermediate_size': 12800,"
                        + " 'num_hidden_layers': 40, 'num_attention_heads': 32, 'num_key_value_heads': 8,"
                        + " 'tie_word_embeddings': true, 'embedding_multiplier': 12.0, 'residual_multiplier': 0.22,"
                        + " 'attention_multiplier': 0.0078125, 'logits_scaling': 16.0",
                "exaone-3.0-7.8b|7818448896|exaone|'vocab_size': 102400, 'hidden_size': 4096, 'intermediate_size': 14336,"
                        + " 'num_layers': 32, 'num_attention_heads': 32, 'num_key_value_heads': 8, 'activation_function': 'silu'",
                "qwen1.5-moe-a2.7b|14315784192|qwen2_moe|'vocab_size': 151936, 'hidden_size': 2048, 'intermediate_size': 5632,"
                        + " 'num_hidden_layers': 24, 'num_attention_heads': 16, 'use_sliding_window': false, 'sliding_window': 32768",
                "codestral-mamba-7b|7285403648|mamba2|'vocab_size': 32768, 'hidden_size': 4096, 'num_hidden_layers': 64,"
                        + " 'state_size': 128, 'num_heads': 128, 'head_dim': 64, 'n_groups': 8, 'tie_word_embeddings': false",
                "smollm3-3b|3075098624|smollm3|'vocab_size': 128256, 'hidden_size': 2048, 'intermediate_size': 11008,"
                        + " 'num_hidden_layers': 36, 'num_attention_heads': 16, 'num_key_value_heads': 4",
                "nemotron-nano-9b-v2|8888227328|nemotron_h|'hidden_size': 4480, 'num_hidden_layers': 56, 'hybrid_override_pattern':"
                        + " 'M-M-M-MM-M-M-M*-M-M-M*-M-M-M-M*-M-M-M-M*-M-MM-M-M-M-M-M-', 'num_attention_heads': 40,"
                        + " 'num_key_value_heads': 8, 'head_dim': 128, 'intermediate_size': 15680, 'mamba_num_heads': 128,"
                        + " 'mamba_head_dim': 80, 'n_groups': 8, 'ssm_state_size': 128, 'vocab_size': 131072",
                "granite-4.0-h-micro|3191396096|granitemoehybrid|'vocab_size': 100352, 'hidden_size': 2048,"
                        + " 'num_hidden_layers': 40, 'layer_types': [" + MAMBAS_AND_ONE + ", " + MAMBAS_AND_ONE + ", "
                        + MAMBAS_AND_ONE + ", " + MAMBAS_AND_ONE
                        + "], 'num_attention_heads': 32, 'num_key_value_heads': 8,"
                        + " 'mamba_n_groups': 1, 'mamba_d_state': 128, 'mamba_d_head': 64, 'num_local_experts': 0,"
                        + " 'shared_intermediate_size': 8192, 'position_embedding_type': 'nope', 'tie_word_embeddings': true",
                "granite-4.0-h-micro-as-5.x|3191396096|granitemoehybrid|'vocab_size': 100352, 'hidden_size': 2048,"
                        + " 'num_hidden_layers': 40, 'layer_types': [" + LINEARS_AND_ONE + ", " + LINEARS_AND_ONE + ", "
                        + LINEARS_AND_ONE + ", " + LINEARS_AND_ONE
                        + "], 'num_attention_heads': 32, 'num_key_value_heads': 8,"
                        + " 'mamba_n_groups': 1, 'mamba_d_state': 128, 'mamba_d_head': 64, 'num_local_experts': 0,"
                        + " 'shared_intermediate_size': 8192, 'position_embedding_type': 'nope', 'tie_word_embeddings': true",
                "deepseek-moe-16b|16375728128|deepseek|'vocab_size': 102400, 'hidden_size': 2048, 'intermediate_size': 10944,"
                        + " 'num_hidden_layers': 28, 'num_attention_heads': 16, 'num_key_value_heads': 16, 'n_routed_experts': 64,"
                        + " 'n_shared_experts': 2, 'num_experts_per_tok': 6, 'moe_intermediate_size': 1408,"
                        + " 'first_k_dense_replace': 1, 'moe_layer_freq': 1",
                "dbrx|131596523520|dbrx|'vocab_size': 100352, 'd_model': 6144, 'n_heads': 48, 'n_layers': 40, 'max_seq_len': 32768,"
                        + " 'attn_config': {'clip_qkv': 8, 'kv_n_heads': 8, 'rope_theta': 500000}, 'tie_word_embeddings': false,"
                        + " 'ffn_config': {'ffn_hidden_size': 10752, 'moe_num_experts': 16, 'moe_top_k': 4}",
                "phi-3.5-moe|41873153344|phimoe|'vocab_size': 32064, 'hidden_size': 4096, 'intermediate_size': 6400,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'num_key_value_heads': 8, 'attention_bias': true,"
                        + " 'lm_head_bias': true, 'num_local_experts': 16",
                "qwen-7b|7721324544|qwen|'hidden_size': 4096, 'intermediate_size': 22016, 'num_hidden_layers': 32,"
                        + " 'num_attention_heads': 32, 'layer_norm_epsilon': 1e-06, 'kv_channels': 128, 'seq_length': 8192",
                "chatglm3-6b|6243584000|chatglm|'padded_vocab_size': 65024, 'hidden_size': 4096, 'ffn_hidden_size': 13696,"
                        + " 'num_layers': 28, 'num_attention_heads': 32, 'kv_channels': 128, 'multi_query_attention': true,"
                        + " 'multi_query_group_num': 2, 'add_qkv_bias': true, 'add_bias_linear': false, 'seq_length': 8192",
                "minicpm-2b|2724880896|minicpm|'vocab_size': 122753, 'hidden_size': 2304, 'intermediate_size': 5760,"
                        + " 'num_hidden_layers': 40, 'num_attention_heads': 36, 'num_key_value_heads': 36, 'scale_emb': 12,"
                        + " 'scale_depth': 1.4, 'dim_model_base': 256",
                "falcon-mamba-7b|7272665088|falcon_mamba|'vocab_size': 65024, 'hidden_size': 4096, 'num_hidden_layers': 64,"
                        + " 'state_size': 16, 'time_step_rank': 256, 'conv_kernel': 4, 'expand': 2, 'tie_word_embeddings': false",
                "llama-4-scout|107769861120|llama4_text|'vocab_size': 202048, 'hidden_size': 5120, 'intermediate_size': 8192,"
                        + " 'intermediate_size_mlp': 16384, 'num_hidden_layers': 48, 'num_attention_heads': 40,"
                        + " 'num_key_value_heads': 8, 'num_local_experts': 16, 'interleave_moe_layer_step': 1",
                "internlm2-7b|7737708544|internlm2|'vocab_size': 92544, 'hidden_size': 4096, 'intermediate_size': 14336,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'num_key_value_heads': 8, 'bias': false",
            })
    void countsFamiliesAsTheHubDoes(String name, long parameters, String type, String fields) {
        ModelDefinition model = model(("{'model_type': '" + type + "', " + fields + "}").replace('\'', '"'));
        assertEquals(parameters, Specs.parameters(model));
    }

    /**
     * Encoders, encoder-decoders and multimodal models. Counts are those that the library gives for the class of the config, which
     * for whisper holds its fixed table of positions.
     */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "bert-base|109482240|'model_type': 'bert', 'architectures': ['BertModel']",
                // 109,482,240 less the pooler, with the transform's projection and norm and a bias of the logits.
                "bert-base-mlm|109514298|'model_type': 'bert', 'architectures': ['BertForMaskedLM']",
                "roberta-base|124645632|'model_type': 'roberta', 'architectures': ['RobertaModel']",
                "xlm-roberta-base|278043648|'model_type': 'xlm-roberta', 'architectures': ['XLMRobertaModel']",
                "distilbert-base|66362880|'model_type': 'distilbert', 'dim': 768, 'n_layers': 6, 'n_heads': 12,"
                        + " 'hidden_dim': 3072, 'max_position_embeddings': 512",
                "electra-small|13483008|'model_type': 'electra', 'vocab_size': 30522",
                "nomic-embed-v1|136731648|'model_type': 'nomic_bert', 'vocab_size': 30528, 'n_embd': 768, 'n_inner': 3072,"
                        + " 'n_layer': 12, 'n_head': 12, 'n_positions': 8192, 'activation_function': 'swiglu', 'qkv_proj_bias': false",
                "dinov3-base|85660416|'model_type': 'dinov3_vit', 'hidden_size': 768, 'intermediate_size': 3072,"
                        + " 'num_hidden_layers': 12, 'num_attention_heads': 12, 'patch_size': 16, 'layerscale_value': 1.0",
                "smolvlm-256m|256484928|'model_type': 'idefics3', 'scale_factor': 4, 'vision_config': {'model_type': 'idefics3',"
                        + " 'hidden_size': 768, 'intermediate_size': 3072, 'num_hidden_layers': 12, 'num_attention_heads': 12,"
                        + " 'image_size': 512, 'patch_size': 16}, 'text_config': {'model_type': 'llama', 'vocab_size': 49280,"
                        + " 'hidden_size': 576, 'intermediate_size': 1536, 'num_hidden_layers': 30, 'num_attention_heads': 9,"
                        + " 'num_key_value_heads': 3, 'max_position_embeddings': 8192}",
                "gemma-3-4b|4300079472|'model_type': 'gemma3', 'vision_config': " + SIGLIP + "896},"
                        + " 'text_config': {'model_type': 'gemma3_text', 'hidden_size': 2560, 'intermediate_size': 10240,"
                        + " 'num_hidden_layers': 34, 'sliding_window': 1024}",
                "gemma-3-27b|27432406640|'model_type': 'gemma3', 'vision_config': " + SIGLIP + "896},"
                        + " 'text_config': {'model_type': 'gemma3_text', 'hidden_size': 5376, 'intermediate_size': 21504,"
                        + " 'num_hidden_layers': 62, 'num_attention_heads': 32, 'num_key_value_heads': 16, 'head_dim': 128}",
                "qwen2-vl-7b|8291375616|'model_type': 'qwen2_vl', 'hidden_size': 3584, 'intermediate_size': 18944,"
                        + " 'num_hidden_layers': 28, 'num_attention_heads': 28, 'num_key_value_heads': 4, 'vocab_size': 152064,"
                        + " 'tie_word_embeddings': false, 'vision_config': {'depth': 32, 'embed_dim': 1280, 'mlp_ratio': 4,"
                        + " 'num_heads': 16, 'in_chans': 3, 'hidden_size': 3584, 'patch_size': 14}",
                "qwen2.5-vl-7b|8292166656|'model_type': 'qwen2_5_vl', 'hidden_size': 3584, 'intermediate_size': 18944,"
                        + " 'num_hidden_layers': 28, 'num_attention_heads': 28, 'num_key_value_heads': 4, 'vocab_size': 152064,"
                        + " 'tie_word_embeddings': false, 'vision_config': {'depth': 32, 'hidden_act': 'silu', 'hidden_size': 1280,"
                        + " 'intermediate_size': 3420, 'num_heads': 16, 'in_chans': 3, 'out_hidden_size': 3584, 'patch_size': 14}",
                "mpnet-base|109486464|'model_type': 'mpnet', 'vocab_size': 30527, 'relative_attention_num_buckets': 32",
                "modernbert-base|149014272|'model_type': 'modernbert', 'vocab_size': 50368",
                "modernbert-base-as-5.x|149014272|'model_type': 'modernbert', 'vocab_size': 50368, 'layer_types': ["
                        + GLOBAL_AND_TWO + ", " + GLOBAL_AND_TWO + ", " + GLOBAL_AND_TWO + ", " + GLOBAL_AND_TWO + ", "
                        + GLOBAL_AND_TWO + ", " + GLOBAL_AND_TWO + ", " + GLOBAL_AND_TWO + ", 'full_attention']",
                "vit-base|86389248|'model_type': 'vit', 'architectures': ['ViTModel']",
                "vit-base-classes|86567656|'model_type': 'vit', 'num_labels': 1000,"
                        + " 'architectures': ['ViTForImageClassification']",
                "dinov2-base|86580480|'model_type': 'dinov2', 'image_size': 518, 'patch_size': 14",
                "clip-text-large|123060480|'model_type': 'clip_text_model', 'hidden_size': 768, 'intermediate_size': 3072,"
                        + " 'num_attention_heads': 12",
                "apertus-8b|8053338176|'model_type': 'apertus', 'hidden_size': 4096, 'intermediate_size': 21504,"
                        + " 'num_hidden_layers': 32, 'num_attention_heads': 32, 'num_key_value_heads': 8, 'hidden_act': 'xielu'",
                "bitnet-2b4t|2412820480|'model_type': 'bitnet', 'tie_word_embeddings': true",
                "clip-vit-base-32|151277313|'model_type': 'clip', 'text_config': {}, 'vision_config': {}",
                "clip-vit-large-14|427616513|'model_type': 'clip', 'projection_dim': 768, 'architectures': ['CLIPModel'],"
                        + " 'text_config': {'hidden_size': 768, 'intermediate_size': 3072, 'num_attention_heads': 12},"
                        + " 'vision_config': {'hidden_size': 1024, 'intermediate_size': 4096, 'num_hidden_layers': 24,"
                        + " 'num_attention_heads': 16, 'patch_size': 14, 'projection_dim': 512}",
                "clip-text-bigG|694659840|'model_type': 'clip_text_model', 'hidden_size': 1280, 'intermediate_size': 5120,"
                        + " 'num_attention_heads': 20, 'num_hidden_layers': 32, 'hidden_act': 'gelu', 'projection_dim': 1280,"
                        + " 'architectures': ['CLIPTextModelWithProjection']",
                "clip-vision-H|632076800|'model_type': 'clip_vision_model', 'hidden_size': 1280, 'intermediate_size': 5120,"
                        + " 'num_attention_heads': 16, 'num_hidden_layers': 32, 'patch_size': 14, 'hidden_act': 'gelu',"
                        + " 'projection_dim': 1024, 'architectures': ['CLIPVisionModelWithProjection']",
                "siglip-base|203155970|'model_type': 'siglip', 'text_config': {}, 'vision_config': {}",
                "siglip-so400m|877960498|'model_type': 'siglip', 'text_config': {'hidden_size': 1152,"
                        + " 'intermediate_size': 4304, 'num_hidden_layers': 27, 'num_attention_heads': 16}, 'vision_config': "
                        + SIGLIP + "384}",
                "siglip-vision-base|92884224|'model_type': 'siglip_vision_model'",
                "t5-small|60506624|'model_type': 't5', 'd_model': 512, 'd_ff': 2048, 'd_kv': 64, 'num_layers': 6, 'num_heads': 8",
                "flan-t5-base|247577856|'model_type': 't5', 'd_model': 768, 'd_ff': 2048, 'd_kv': 64, 'num_layers': 12,"
                        + " 'num_decoder_layers': 12, 'num_heads': 12, 'feed_forward_proj': 'gated-gelu',"
                        + " 'tie_word_embeddings': false",
                "mt5-small|300176768|'model_type': 'mt5', 'd_model': 512, 'd_ff': 1024, 'd_kv': 64, 'num_layers': 8,"
                        + " 'num_heads': 6, 'vocab_size': 250112",
                "bart-base|139420416|'model_type': 'bart', 'd_model': 768, 'encoder_layers': 6, 'decoder_layers': 6,"
                        + " 'encoder_attention_heads': 12, 'decoder_attention_heads': 12, 'encoder_ffn_dim': 3072,"
                        + " 'decoder_ffn_dim': 3072, 'scale_embedding': false",
                "bart-large|406291456|'model_type': 'bart', 'd_model': 1024",
                "mbart-large-50|610879488|'model_type': 'mbart', 'd_model': 1024, 'vocab_size': 250054, 'scale_embedding': true",
                "nllb-200-distilled-600M|615073792|'model_type': 'm2m_100', 'd_model': 1024, 'encoder_layers': 12,"
                        + " 'decoder_layers': 12, 'encoder_ffn_dim': 4096, 'decoder_ffn_dim': 4096, 'vocab_size': 256206",
                "pegasus-large|570797056|'model_type': 'pegasus', 'd_model': 1024, 'encoder_layers': 16, 'decoder_layers': 16,"
                        + " 'vocab_size': 96103, 'scale_embedding': true",
                "whisper-base|72593920|'model_type': 'whisper', 'd_model': 512, 'encoder_layers': 6, 'decoder_layers': 6,"
                        + " 'encoder_attention_heads': 8, 'decoder_attention_heads': 8, 'encoder_ffn_dim': 2048,"
                        + " 'decoder_ffn_dim': 2048, 'vocab_size': 51865, 'num_mel_bins': 80",
                "llava-1.5-13b|13350839296|'model_type': 'llava', 'vision_config': {'model_type': 'clip_vision_model',"
                        + " 'hidden_size': 1024, 'intermediate_size': 4096, 'num_hidden_layers': 24,"
                        + " 'num_attention_heads': 16, 'patch_size': 14, 'image_size': 336},"
                        + " 'text_config': {'model_type': 'llama', 'hidden_size': 5120, 'num_hidden_layers': 40,"
                        + " 'num_attention_heads': 40, 'intermediate_size': 13824, 'vocab_size': 32000,"
                        + " 'max_position_embeddings': 4096}",
                "paligemma-3b|2923466480|'model_type': 'paligemma', 'vision_config': " + SIGLIP + "224},"
                        + " 'text_config': {'model_type': 'gemma', 'hidden_size': 2048, 'num_hidden_layers': 18,"
                        + " 'num_attention_heads': 8, 'num_key_value_heads': 1, 'intermediate_size': 16384,"
                        + " 'vocab_size': 257216}",
            })
    void countsModelsOfEveryForm(String name, long parameters, String fields) {
        String declaration = HuggingFaceConfig.declaration("m", ("{" + fields + "}").replace('\'', '"'));
        assertEquals(
                parameters,
                ModelFigures.of(Specs.sound(declaration).models().getFirst()).parameters(),
                declaration);
    }

    /** Every config of the reference, where it lies beside the project. */
    @Test
    void countsTheReferencesConfigsAsTheySay() throws IOException {
        Path folder = Path.of("../../shared/data/models");
        Assumptions.assumeTrue(Files.isDirectory(folder), "the reference's configs are not beside the project");
        Map<String, Long> wrong = new TreeMap<>();
        try (var files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                String json = Files.readString(file);
                if (HuggingFaceConfig.knows(json)) {
                    long expected = JsonMapper.shared()
                            .readTree(json)
                            .at("/_meta/expected_params/total")
                            .asLong();
                    long counted = Specs.parameters(model(json));
                    if (counted != expected) {
                        wrong.put(file.getFileName() + " expects " + expected, counted);
                    }
                }
            }
        }
        assertEquals(Map.of(), wrong);
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
                "{\"model_type\": \"bert\", \"architectures\": \"BertModel\"}",
                "{\"model_type\": \"bert\", \"layer_norm_eps\": NaN}",
                "{\"model_type\": \"bert\", \"layer_norm_eps\": -1e-5}",
            })
    void refusesWhatIsNoConfig(String json) {
        assertThrows(BrokenConfig.class, () -> HuggingFaceConfig.declaration("m", json));
    }

    /** Of pairs, whole models alone are said; and what a learned row reads of a picture is no row that another model reads. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "what `CLIPForImageClassification` makes of it is|'model_type': 'clip',"
                        + " 'architectures': ['CLIPForImageClassification']",
                "`vision_use_head` of true is|'model_type': 'paligemma', 'vision_config': {'vision_use_head': true}",
                "a picture of 250 patches, which is not square, is|'model_type': 'siglip2', 'vision_config':"
                        + " {'num_patches': 250}",
            })
    void refusesWhatPairsAreNot(String message, String fields) {
        String config = ("{" + fields + ", 'text_config': {}").replace('\'', '"');
        String whole = (fields.contains("vision_config") ? config : config + ", \"vision_config\": {}") + "}";
        Exception unsupported = assertThrows(UnsupportedConfig.class, () -> HuggingFaceConfig.declaration("m", whole));
        assertEquals(message, unsupported.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "deberta-v2, a model of type `deberta-v2` is",
        "rwkv, a model of type `rwkv` is",
    })
    void namesTheFamiliesThatAreStillToCome(String type, String message) {
        Exception unsupported = assertThrows(
                UnsupportedConfig.class,
                () -> HuggingFaceConfig.declaration("m", "{\"model_type\": \"" + type + "\"}"));
        assertEquals(message, unsupported.getMessage());
    }

    /** Also of a part, and of a class in the place of a type. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lama | {'model_type': 'lama'}",
                "lama | {'model_type': 'llava', 'vision_config': {}, 'text_config': {'model_type': 'lama'}}",
                "AutoencoderKL | {'_class_name': 'AutoencoderKL'}",
            },
            quoteCharacter = '\0')
    void namesTheTypeThatNobodyKnows(String type, String json) {
        var unknown =
                assertThrows(UnknownModelType.class, () -> HuggingFaceConfig.declaration("m", json.replace('\'', '"')));
        assertEquals(type, unknown.type());
    }

    /** Python's own word for a limit that there is none of. */
    @Test
    void readsInfinityWhereItDoesNotMatter() {
        ModelDefinition mamba = model("""
                {"model_type": "mamba2", "vocab_size": 32768, "hidden_size": 4096, "num_hidden_layers": 64,
                 "state_size": 128, "n_groups": 8, "num_heads": 128, "head_dim": 64, "time_step_limit": [0.0, Infinity]}
                """);
        assertEquals(7_285_403_648L, Specs.parameters(mamba));
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
        "jamba-v0.1, 51570323328, 12110311296",
        "mamba2-2.7b, 2702599680, 2702599680",
    })
    void countsWhatATokenUses(String name, long total, long active) {
        ModelDefinition model = Specs.sound("model m from \"models/" + name + "/config.json\"\n")
                .models()
                .getFirst();
        ModelFigures figures = ModelFigures.of(model);
        assertEquals(total, figures.parameters());
        assertEquals(active, figures.active());
    }

    /**
     * Twice the bytes of what each layer keeps: mamba-2.8b 64 x (5120 x 16 states + 5120 x 4 rows of the convolution), mamba2-2.7b
     * 64 x (5120 x 128 + (5120 + 2 x 128) x 4), Jamba 28 x (8192 x 16 + 8192 x 4), whose four attention layers cache 8 heads.
     */
    @ParameterizedTest
    @CsvSource({"mamba-2.8b, 13107200, 0", "mamba2-2.7b, 86638592, 0", "jamba-v0.1, 9175040, 16384"})
    void statesAreAsLargeForAnyPast(String name, long state, long cache) {
        ModelFigures figures = ModelFigures.of(Specs.sound("model m from \"models/" + name + "/config.json\"\n")
                .models()
                .getFirst());
        assertEquals(state, figures.state().count());
        assertEquals(cache, figures.cache().count());
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
