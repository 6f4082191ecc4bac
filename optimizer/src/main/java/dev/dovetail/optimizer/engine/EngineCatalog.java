package dev.dovetail.optimizer.engine;

import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.engine.Engine.Attention;
import dev.dovetail.optimizer.engine.Engine.Casts;
import dev.dovetail.optimizer.engine.Engine.Fused;
import dev.dovetail.optimizer.engine.Engine.Host;
import dev.dovetail.optimizer.engine.Engine.Kernels;
import dev.dovetail.optimizer.engine.Engine.Ring;
import dev.dovetail.optimizer.engine.Engine.Traffic;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Engines known, and the names published tables give them. */
public final class EngineCatalog {
    private EngineCatalog() {}

    private static final Host GRAPH = new Host(Seconds.ZERO, false);

    /** Generated jobs: the program as it stands, nothing overlapped, launches replayed from a graph. */
    public static final Engine DOVETAIL = new Engine(
            "dovetail",
            List.of("dovetail"),
            new Kernels(Attention.FLASH_2, false, false, 1, false, 1, 0, 0).with(Ring.IN_ORDER),
            new Traffic(false, false, 1, 1, true, 0, 0, false, 0, false, false, Optional.empty(), Shard.PARAMETERS),
            GRAPH,
            ProductFormats.STORED,
            2026,
            Recompute.NONE,
            "the program itself");

    /**
     * Megatron-LM from its first release to version 2.5 (2020 to 2021). Attention: baddbmm, one fused scale-mask-softmax kernel,
     * dropout, bmm. Loss: vocab_parallel_cross_entropy on fp32 copies of the logits. Optimizer: gradients copied to fp32,
     * unscaled, checked, their norm taken, clipped, apex Adam, weights copied back.
     */
    public static final Engine MEGATRON_LM = new Engine(
            "megatron_lm",
            List.of("megatron-lm"),
            new Kernels(Attention.MATERIALISED, true, true, 1, true, 1, 24, 64),
            new Traffic(
                    true,
                    true,
                    1,
                    0.6,
                    true,
                    0,
                    0,
                    false,
                    0,
                    false,
                    false,
                    Optional.of(ElementType.F16),
                    Shard.OPTIMIZER),
            new Host(Seconds.ofMicros(39), false),
            ProductFormats.STORED,
            2020,
            Recompute.FULL,
            "NVIDIA/Megatron-LM megatron/model/transformer.py, fused_softmax.py, optimizer/optimizer.py, schedules.py at v2.5");

    /**
     * Version 3 (2022): weight gradients are accumulated by the products themselves, sequence parallelism; of layers attention alone is
     * computed again where users follow its README.
     */
    public static final Engine MEGATRON_LM_3 = new Engine(
            "megatron_lm_3",
            MEGATRON_LM.frameworks(),
            new Kernels(Attention.MATERIALISED, true, true, 0, true, 1, 24, 64),
            MEGATRON_LM.traffic(),
            MEGATRON_LM.host(),
            ProductFormats.STORED,
            2022,
            Recompute.SELECTIVE,
            "NVIDIA/Megatron-LM megatron/model/fused_layer_norm.py, core/tensor_parallel/layers.py (gradient_accumulation_fusion),"
                    + " README.md (Activation Checkpointing and Recomputation) at v3.0");

    /** The same model code in a fork that DeepSpeed drives (2021 to 2022): whole messages. */
    public static final Engine MEGATRON_DEEPSPEED = new Engine(
            "megatron_deepspeed",
            List.of("megatron-deepspeed"),
            new Kernels(Attention.MATERIALISED, true, true, 1, true, 1, 24, 64),
            new Traffic(true, false, 1, 0.6, true, 0, 0, false, 0, false, false, Optional.empty(), Shard.OPTIMIZER),
            MEGATRON_LM.host(),
            ProductFormats.STORED,
            2021,
            Recompute.FULL,
            "bigscience-workshop/Megatron-DeepSpeed megatron/p2p_communication.py");

    /**
     * The same under DeepSpeed's pipeline and sharded optimizer: messages are broadcasts in groups of two, and each micro-batch's
     * gradients are copied to fp32, added and cleared one parameter after the other.
     */
    public static final Engine DEEPSPEED_PIPELINE = new Engine(
            "deepspeed_pipeline",
            List.of("megatron-deepspeed zero1", "megatron-deepspeed zero0"),
            new Kernels(Attention.MATERIALISED, true, true, 2, true, 1, 24, 64),
            new Traffic(true, false, 0.3, 0.1, true, 0, 0, false, 0, false, false, Optional.empty(), Shard.OPTIMIZER),
            MEGATRON_LM.host(),
            ProductFormats.STORED,
            2021,
            Recompute.FULL,
            "deepspeedai/DeepSpeed runtime/pipe/p2p.py, runtime/bf16_optimizer.py at v0.6");

    /**
     * The same since 28 February 2022, when its trials rebalanced layers: BF16_Optimizer adds gradients up in fp32 beside the narrow
     * ones, 4 bytes for each parameter of a rank that it shares with no other.
     */
    public static final Engine DEEPSPEED_BF16 = new Engine(
            "deepspeed_bf16",
            List.of("megatron-deepspeed zero1 rebalancing"),
            DEEPSPEED_PIPELINE.kernels(),
            DEEPSPEED_PIPELINE.traffic(),
            DEEPSPEED_PIPELINE.host(),
            ProductFormats.STORED,
            2022,
            Recompute.FULL,
            "deepspeedai/DeepSpeed runtime/bf16_optimizer.py at v0.6; bigscience-workshop/bigscience"
                    + " train/tr11-176B-ml/chronicles-prequel.md, section Rebalancing layers");

    /** ZeRO-3 on Megatron-LM's layers (2021): weights gathered just in time, prefetched. */
    public static final Engine DEEPSPEED_ZERO = new Engine(
            "deepspeed_zero",
            List.of("deepspeed zero"),
            MEGATRON_LM.kernels(),
            new Traffic(
                    false,
                    false,
                    1,
                    1,
                    false,
                    0,
                    0,
                    false,
                    0.75,
                    true,
                    true,
                    Optional.of(ElementType.F16),
                    Shard.OPTIMIZER),
            MEGATRON_LM.host(),
            ProductFormats.STORED,
            2021,
            Recompute.FULL,
            "deepspeedai/DeepSpeed runtime/zero/stage3.py at v0.3");

    /** Megatron-Core since 2024: fused attention and loss, traffic hidden. */
    public static final Engine MEGATRON_CORE = new Engine(
            "megatron_core",
            List.of("megatron-core", "meta", "megascale"),
            new Kernels(Attention.FLASH_3, false, true, 0, true, 1, 40, 48).with(new Fused(true, false, false)),
            new Traffic(false, true, 1, 1, true, 0.7, 0, false, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            new Host(Seconds.ofMicros(8), false),
            ProductFormats.STORED,
            2024,
            Recompute.NONE,
            "NVIDIA/Megatron-LM megatron/core at r0.8: distributed/distributed_data_parallel_config.py, tensor_parallel/layers.py");

    /** The same as NVIDIA measures it, under NeMo and Megatron-Bridge: gradients are summed in 16 bits. */
    public static final Engine MEGATRON_BRIDGE = new Engine(
            "megatron_bridge",
            List.of("megatron-bridge", "megatron-core fp8"),
            MEGATRON_CORE.kernels(),
            new Traffic(false, true, 1, 1, true, 0.7, 0, true, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            MEGATRON_CORE.host(),
            ProductFormats.STORED,
            2024,
            Recompute.NONE,
            "NVIDIA-NeMo/Megatron-Bridge src/megatron/bridge/perf_recipes/_common.py at 067f987d (grad_reduce_in_fp32,"
                    + " moe_flex_dispatcher_backend);"
                    + " NVIDIA/Megatron-LM examples/llama/train_llama3_8b_h100_fp8.sh (grad-reduce-in-bf16)");

    /** The same under NeMo until 2025: Apex' sharded Adam, which keeps of master weights what weights in bf16 lack. */
    public static final Engine NEMO = new Engine(
            "nemo",
            List.of("nemo"),
            MEGATRON_CORE.kernels(),
            MEGATRON_BRIDGE.traffic(),
            MEGATRON_CORE.host(),
            ProductFormats.STORED,
            2024,
            Recompute.NONE,
            "NVIDIA/NeMo nemo/collections/nlp/models/language_modeling/megatron_base_model.py at 000316c8 (setup_optimization)");

    /** The same in spring 2024, when Transformer Engine still took FlashAttention-2 on Hopper. */
    public static final Engine NEMO_2403 = new Engine(
            "nemo_2403",
            List.of("nemo 24.03"),
            new Kernels(Attention.FLASH_2, false, true, 0, true, 1, 40, 48),
            MEGATRON_CORE.traffic(),
            MEGATRON_CORE.host(),
            ProductFormats.STORED,
            2024,
            Recompute.NONE,
            "NVIDIA/TransformerEngine transformer_engine/pytorch/attention.py at v1.4 and v1.8 (preference for fused attention on"
                    + " compute capability 9.0)");

    /**
     * The same since the middle of 2026 where recipes for MXFP8 take all that is new: experts' queues travel beside other layers'
     * products, a step's kernels are launched from graphs, attention is in fp8, and products of experts apply their activation. How
     * much is hidden is taken to be as much as of the tensor axis' exchanges.
     */
    public static final Engine MEGATRON_BRIDGE_2026 = new Engine(
            "megatron_bridge_2026",
            newest("deepseekv3", "qwen3", "gpt-oss"),
            MEGATRON_CORE.kernels().with(new Fused(true, true, true)),
            new Traffic(false, true, 1, 1, true, 0.7, 0.7, true, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            GRAPH,
            ProductFormats.STORED,
            2026,
            Recompute.NONE,
            "NVIDIA-NeMo/Megatron-Bridge src/megatron/bridge/perf_recipes at 067f987d: overlap_moe_expert_parallel_comm,"
                    + " full_iteration, fp8_dot_product_attention, use_transformer_engine_op_fuser");

    /**
     * PyTorch's ring attention (distributed/tensor/experimental/_attention.py at v2.6): keys and values are repeated for all query heads
     * and gathered before the second stretch is begun; what a stretch gives is added in fp32, 38 bytes an element forward, as are
     * gradients of queries, keys and values with their copies, 70 bytes backward. torchao's casts for fp8 (float8_linear.py,
     * float8_tensor_parallel.py at v0.8): before tensor ranks gather, and with a scale for each row once for each product.
     */
    private static Kernels torchtitan(double streaming, double logitBytes) {
        return new Kernels(Attention.FLASH_2, false, false, 1, false, streaming, logitBytes, 40)
                .with(new Ring(true, false, true, 38, 70))
                .with(new Casts(true, true));
    }

    /**
     * PyTorch FSDP with prefetch and fused attention, each operator a kernel of its own. What is computed again ends with the last value
     * that a gradient needs (torch.utils.checkpoint, set_checkpoint_early_stop).
     */
    public static final Engine TORCHTITAN = new Engine(
            "torchtitan",
            List.of("torchtitan"),
            torchtitan(2, 40),
            new Traffic(true, false, 1, 1, true, 0, 0, false, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            new Host(Seconds.ofMicros(8), false),
            ProductFormats.STORED,
            2024,
            Recompute.ALTERNATE,
            "pytorch/torchtitan torchtitan/models/llama3/parallelize.py");

    /** The same with layers compiled, without which its narrow products are not used. */
    public static final Engine TORCHTITAN_COMPILED = new Engine(
            "torchtitan_compiled",
            List.of("torchtitan compile", "torchtitan fp8", "torchtitan vanillatp"),
            torchtitan(1, 40),
            TORCHTITAN.traffic(),
            TORCHTITAN.host(),
            ProductFormats.STORED,
            2024,
            Recompute.ALTERNATE,
            "pytorch/torchtitan torchtitan/models/llama3/parallelize.py (apply_compile), docs/float8.md");

    /** The same with a compiled loss. */
    public static final Engine TORCHTITAN_2025 = new Engine(
            "torchtitan_2025",
            List.of("torchtitan 2025"),
            torchtitan(1, 14),
            TORCHTITAN.traffic(),
            TORCHTITAN.host(),
            ProductFormats.STORED,
            2025,
            Recompute.ALTERNATE,
            "pytorch/torchtitan torchtitan/components/loss.py");

    /** The same with asynchronous tensor parallelism: exchanges are cut into pieces that travel beside the products. */
    public static final Engine TORCHTITAN_ASYNC = new Engine(
            "torchtitan_async",
            List.of("torchtitan asynctp"),
            TORCHTITAN_COMPILED.kernels(),
            new Traffic(
                    true,
                    false,
                    1,
                    1,
                    true,
                    MEGATRON_CORE.traffic().hiddenTensor(),
                    0,
                    false,
                    0.1,
                    true,
                    true,
                    Optional.empty(),
                    Shard.OPTIMIZER),
            TORCHTITAN.host(),
            ProductFormats.STORED,
            2024,
            Recompute.ALTERNATE,
            "pytorch/pytorch torch/distributed/_symmetric_memory (fused_all_gather_matmul, fused_matmul_reduce_scatter)");

    /**
     * MosaicML's trainer: PyTorch FSDP around MPT blocks with FlashAttention. What is computed again ends with the last value that a
     * gradient needs (torch.utils.checkpoint of PyTorch 2.1, set_checkpoint_early_stop).
     */
    public static final Engine LLM_FOUNDRY = new Engine(
            "llm_foundry",
            List.of("llm-foundry"),
            new Kernels(Attention.FLASH_1, false, true, 1, false, 2, 40, 60),
            new Traffic(true, false, 1, 1, true, 0, 0, false, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            new Host(Seconds.ofMicros(10), false),
            ProductFormats.STORED,
            2023,
            Recompute.NONE,
            "mosaicml/llm-foundry llmfoundry/models/mpt, scripts/train/benchmarking/sweep.sh at b2a43a14 (Triton's attention, PyTorch 2.1,"
                    + " activation_checkpointing_reentrant false); mosaicml/composer distributed/fsdp");

    /** Microsoft's planner around Hugging Face models in eager PyTorch with FlashAttention-2. */
    public static final Engine NNSCALER = new Engine(
            "nnscaler",
            List.of("nnscaler"),
            new Kernels(Attention.FLASH_2, false, false, 1, true, 2, 40, 60),
            LLM_FOUNDRY.traffic(),
            LLM_FOUNDRY.host(),
            ProductFormats.STORED,
            2024,
            Recompute.NONE,
            "microsoft/nnscaler examples/llama/modeling_modifier.py at 1585c159");

    /**
     * InternLM's trainer: FlashAttention, ZeRO-1 in groups with overlapped reduction. A parameter belongs to one rank, which broadcasts it
     * behind the step (broadcast_params, overlap_sync_param off), nine in a layer.
     */
    public static final Engine INTERNEVO = new Engine(
            "internevo",
            List.of("internevo"),
            new Kernels(Attention.FLASH_1, false, true, 1, true, 2.4, 60, 60),
            new Traffic(true, false, 1, 0.6, true, 0, 0, false, 0.1, true, false, Optional.empty(), Shard.OPTIMIZER, 9),
            new Host(Seconds.ofMicros(10), false),
            ProductFormats.STORED,
            2023,
            Recompute.NONE,
            "InternLM/InternEvo internlm/solver/optimizer/hybrid_zero_optim.py; doc/en/install.md at fa7337bc (flash-attention v1.0.5)");

    /** The same with weights sharded by PyTorch's FSDP, whose optimizer works on lists of tensors. */
    public static final Engine INTERNEVO_FSDP = new Engine(
            "internevo_fsdp",
            List.of("internevo fsdp"),
            INTERNEVO.kernels(),
            INTERNEVO.traffic(),
            INTERNEVO.host(),
            ProductFormats.STORED,
            2023,
            Recompute.NONE,
            "InternLM/InternEvo internlm/solver/optimizer/fsdp_optimizer.py");

    /**
     * Diffusion transformers in eager PyTorch: norms, modulation and the stream stay in fp32 under autocast, each operator is a
     * kernel of its own, and an average of the weights is moved after each step.
     */
    public static final Engine FAST_DIT = new Engine(
            "fast_dit",
            List.of("fast-dit"),
            new Kernels(Attention.FLASH_1, false, true, 0, true, 4, 0, 60),
            LLM_FOUNDRY.traffic(),
            LLM_FOUNDRY.host(),
            ProductFormats.STORED,
            2023,
            Recompute.NONE,
            "chuanyangjin/fast-DiT models.py, train.py at 0d14a156 (autocast, update_ema)");

    /**
     * JAX and XLA on TPU: fused elementwise work, collectives scheduled beside products. What is computed again for gradients leaves out
     * what none needs (jax.checkpoint).
     */
    public static final Engine MAXTEXT = new Engine(
            "maxtext",
            List.of("maxtext"),
            new Kernels(Attention.FLASH_2, false, false, 0, false, 1, 14, 0),
            new Traffic(false, false, 1, 1, true, 0.7, 0, false, 0.1, true, true, Optional.empty(), Shard.OPTIMIZER),
            GRAPH,
            ProductFormats.STORED,
            2023,
            Recompute.FULL,
            "AI-Hypercomputer/maxtext; XLA latency-hiding scheduler");

    /** What runs of models with recipes of their own are called. */
    private static List<String> newest(String... models) {
        return Arrays.stream(models)
                .flatMap(model ->
                        Stream.of("26.06", "26.08").map(release -> "megatron-bridge " + release + " mxfp8 " + model))
                .toList();
    }

    public static List<Engine> all() {
        return List.of(
                DOVETAIL,
                MEGATRON_LM,
                MEGATRON_LM_3,
                MEGATRON_DEEPSPEED,
                DEEPSPEED_PIPELINE,
                DEEPSPEED_BF16,
                DEEPSPEED_ZERO,
                MEGATRON_CORE,
                MEGATRON_BRIDGE,
                NEMO,
                NEMO_2403,
                MEGATRON_BRIDGE_2026,
                TORCHTITAN,
                TORCHTITAN_COMPILED,
                TORCHTITAN_2025,
                TORCHTITAN_ASYNC,
                LLM_FOUNDRY,
                NNSCALER,
                INTERNEVO,
                INTERNEVO_FSDP,
                FAST_DIT,
                MAXTEXT);
    }

    public static Optional<Engine> named(String name) {
        return all().stream().filter(engine -> engine.name().equals(name)).findFirst();
    }

    /**
     * The engine that tables of published runs mean by {@code framework}, such as {@code Megatron-Bridge 26.04}; how the
     * optimizer is sharded and what else is noted may follow, as in {@code megatron-deepspeed zero1}.
     *
     * @param year of the run, where it is known: the engine as it was then
     */
    public static Optional<Engine> ofFramework(String framework, OptionalInt year) {
        String text = framework.toLowerCase(Locale.ROOT);
        int latest = year.orElse(Integer.MAX_VALUE);
        return all().stream()
                .filter(engine -> longestMatch(engine, text) > 0)
                .max(Comparator.<Engine>comparingInt(engine -> longestMatch(engine, text))
                        .thenComparing(engine -> engine.since() <= latest)
                        .thenComparingInt(engine -> engine.since() <= latest ? engine.since() : -engine.since()));
    }

    private static int longestMatch(Engine engine, String text) {
        return engine.frameworks().stream()
                .filter(name -> Arrays.stream(name.split(" ")).allMatch(text::contains))
                .mapToInt(String::length)
                .max()
                .orElse(0);
    }
}
