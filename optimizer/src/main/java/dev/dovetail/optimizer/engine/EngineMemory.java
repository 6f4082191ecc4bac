package dev.dovetail.optimizer.engine;

import static dev.dovetail.ir.tensor.ElementType.BF16;
import static dev.dovetail.ir.tensor.ElementType.F32;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;

/**
 * What an engine keeps on a device beside the tensors of a plan. Each figure is read from the engine's code; the few that nobody
 * publishes, of libraries, communicators and fragmentation, are the same for all that share an allocator.
 *
 * @param logitBytes bytes alive for each logit at the peak of the loss: 16-bit logits, fp32 copy, its softmax, its gradient
 */
public record EngineMemory(double logitBytes, Buckets buckets, Step step, Kept kept, Allocator allocator) {

    /**
     * Flat buffers that gradients are reduced and weights gathered through.
     *
     * @param elements of each
     * @param count how many there are
     * @param layers whole gradients of a layer in fp32 on their way to be reduced
     */
    public record Buckets(long elements, int count, int layers) {
        static final Buckets NONE = new Buckets(0, 0, 0);
        /** FSDP2: what a layer's reduction reads, and the next layer's while it runs (fully_shard/_fsdp_collectives.py). */
        static final Buckets FSDP = new Buckets(0, 0, 2);
        /** reduce_bucket_size and allgather_bucket_size of DeepSpeed, by default; one is alive at a time. */
        static final Buckets DEEPSPEED = new Buckets(500_000_000, 1, 0);
    }

    /**
     * Gradients on their way to the optimizer.
     *
     * @param gradients what they are accumulated in
     * @param copied bytes for each parameter whose state a rank owns that the optimizer's step makes of its gradient
     * @param held bytes for each such parameter of what it made before, free again and too small for what comes after
     * @param narrow whether they lie in the weights' format beside those they are added to, each as wide as those while it is added
     * @param remainders whether of a master weight only what its narrow copy lacks is kept
     */
    public record Step(ElementType gradients, int copied, int held, boolean narrow, boolean remainders) {
        Step(ElementType gradients, int copied, boolean narrow) {
            this(gradients, copied, 0, narrow, false);
        }

        static final Step IN_PLACE = new Step(F32, 0, false);
        static final Step NARROW = new Step(BF16, 0, false);
        /** Apex' sharded Adam as NeMo sets it for weights in bf16 (megatron_base_model.py, store_param_remainders). */
        static final Step REMAINDERS = new Step(BF16, 0, 0, false, true);
        /**
         * fp32 copies of 16-bit gradients, one by one and then in one piece, with ranks that share the state (stage_1_and_2.py) as
         * without (fp16/fused_optimizer.py).
         */
        static final Step DEEPSPEED = new Step(BF16, 8, false);
    }

    /**
     * What passes keep otherwise than the program does.
     *
     * @param outputs whether a stage keeps what it sent until the gradient comes back
     * @param converted whether linear layers keep their inputs in the format they multiply in
     * @param expertOutputs whether what experts give is kept, for the gradients of their weights in the sum
     */
    public record Kept(boolean outputs, boolean converted, boolean expertOutputs) {
        static final Kept AS_PLANNED = new Kept(false, false, true);
        static final Kept OUTPUTS = new Kept(true, false, true);
        /** Transformer Engine's linear layers; experts' shares are multiplied in before their second product. */
        static final Kept TRANSFORMER_ENGINE = new Kept(false, true, false);
    }

    /**
     * Where memory comes from.
     *
     * @param libraries the driver's context and loaded kernels
     * @param communicator buffers of one communicator
     * @param groups communicators beside those of the plan's axes and of all ranks
     * @param fragmentation what the allocator holds and cannot use while there is room, as a share of what comes and goes
     * @param late bytes that wait for exchanges to end for each element of the stream that tensor ranks gather: the host runs ahead,
     *     and memory that an exchange reads is given out again only behind it (ProcessGroupNCCL's recordStream)
     */
    public record Allocator(Bytes libraries, Bytes communicator, int groups, double fragmentation, double late) {

        /**
         * PyTorch's caching allocator on CUDA and NCCL. Context, cuBLAS and kernels: 0.6 to 1.4 GB beside what a framework
         * allocates on A100 and H100. A communicator: 24 channels to two neighbours with 4 MiB (simple), 0.5 MiB (LL) and 2.5 MiB
         * (LL128) each (NVIDIA/nccl src/include/device.h, default NCCL_BUFFSIZE). Fragmentation is fitted once, to the peaks of
         * BLOOM's topology search; the allocator frees what it holds before it fails (c10/cuda/CUDACachingAllocator.cpp).
         */
        static Allocator pytorch(int groups) {
            return new Allocator(Bytes.ofGib(1.4), Bytes.of((24L * 2 * 7) << 20), groups, 0.43, 0);
        }

        /** The same with segments that grow (expandable_segments), which leaves half as much unused. */
        static Allocator expandable(int groups) {
            Allocator fixed = pytorch(groups);
            return new Allocator(fixed.libraries(), fixed.communicator(), groups, fixed.fragmentation() / 2, 0);
        }

        /**
         * The same under torchtitan, whose exchanges along the tensor axis are functional collectives; what waits for those was
         * fitted to its peaks and serves the loss after them, and that elementwise kernels of their own leave half as much more
         * unused where nothing is compiled.
         */
        static Allocator torchtitan(boolean compiled) {
            Allocator growing = expandable(0);
            return new Allocator(
                    growing.libraries(),
                    growing.communicator(),
                    growing.groups(),
                    growing.fragmentation() * (compiled ? 1 : 1.5),
                    26);
        }

        /** XLA lays a program's buffers out when it compiles it. */
        static final Allocator XLA = new Allocator(Bytes.ofGib(0.3), Bytes.ZERO, 0, 0, 0);
    }

    /** PyTorch's cross-entropy over fp32 logits: 2 + 4 + 4 + 4. */
    private static final double EAGER_LOSS = 14;

    /** Loss kernels on 16-bit logits: those and their gradient. */
    private static final double FUSED_LOSS = 4;

    public static EngineMemory of(Engine engine) {
        return switch (engine.name()) {
            case "dovetail" -> new EngineMemory(0, Buckets.NONE, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.pytorch(0));
            // pipe/engine.py keeps pipe_buffers["outputs"]. Groups of model and embedding ranks are Megatron-LM's
            // (mpu/initialize.py), slices and pipes DeepSpeed's own (pipe/topology.py).
            case "deepspeed_pipeline", "deepspeed_zero" ->
                new EngineMemory(EAGER_LOSS, Buckets.DEEPSPEED, Step.DEEPSPEED, Kept.OUTPUTS, Allocator.pytorch(4));
            // The model code's own optimizer copies gradients once (megatron/optimizer/optimizer.py).
            case "megatron_deepspeed" ->
                new EngineMemory(
                        EAGER_LOSS, Buckets.DEEPSPEED, new Step(BF16, 4, false), Kept.OUTPUTS, Allocator.pytorch(4));
            // bf16_optimizer.py: fp32 gradients of all parameters, one flat buffer, to which each narrow one is added
            // as fp32 (update_hp_grads); they are reduced in buckets (pipe/engine.py, buffered_allreduce_fallback).
            case "deepspeed_bf16" ->
                new EngineMemory(
                        EAGER_LOSS, Buckets.DEEPSPEED, new Step(F32, 0, true), Kept.OUTPUTS, Allocator.pytorch(4));
            // hybrid_zero_optim.py: gradients are copied to fp32 for their norm (optimizer/utils.py, reduce_grads),
            // then
            // flattened and let go, and what is flat is copied to fp32. Its weights are one flat tensor, for which
            // PyTorch's AdamW makes the root of a moment and that divided (torch 1.13 optim/adamw.py).
            case "internevo" ->
                new EngineMemory(
                        EAGER_LOSS,
                        Buckets.DEEPSPEED,
                        new Step(BF16, 4 + 8 - 2, 4 + 2 + 2, false, false),
                        Kept.AS_PLANNED,
                        Allocator.pytorch(4));
            // fsdp_optimizer.py: what the norm copied serves the list of fp32 gradients; 2 for what is gathered and
            // reduced beside.
            case "internevo_fsdp" ->
                new EngineMemory(
                        EAGER_LOSS,
                        Buckets.DEEPSPEED,
                        new Step(BF16, 4 + 8 + 2, false),
                        Kept.AS_PLANNED,
                        Allocator.pytorch(4));
            // train.py: an average of the weights; PyTorch's AdamW over lists makes the roots of all moments and those
            // divided.
            case "fast_dit" ->
                new EngineMemory(0, Buckets.NONE, new Step(F32, 4 + 8, false), Kept.AS_PLANNED, Allocator.pytorch(0));
            // XLA fuses the loss: logits in fp32 and their gradient.
            case "maxtext" -> new EngineMemory(8, Buckets.NONE, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.XLA);
            // vocab_parallel_cross_entropy works on the fp32 copy in place; its exponentials become the gradient.
            case "megatron_lm", "megatron_lm_3" ->
                new EngineMemory(10, Buckets.NONE, Step.IN_PLACE, Kept.OUTPUTS, Allocator.pytorch(2));
            case "megatron_core" ->
                new EngineMemory(10, Buckets.NONE, Step.IN_PLACE, Kept.TRANSFORMER_ENGINE, Allocator.pytorch(2));
            // perf_recipes/_common.py: grad_reduce_in_fp32 False, Transformer Engine's cross-entropy, whose gradients
            // take the
            // logits' place.
            case "megatron_bridge", "megatron_bridge_2026" ->
                new EngineMemory(2, Buckets.NONE, Step.NARROW, Kept.TRANSFORMER_ENGINE, Allocator.expandable(2));
            case "nemo", "nemo_2403" ->
                new EngineMemory(2, Buckets.NONE, Step.REMAINDERS, Kept.TRANSFORMER_ENGINE, Allocator.expandable(2));
            // components/loss.py: torch.compile since early 2025; models/mpt: FusedCrossEntropyLoss.
            case "llm_foundry" ->
                new EngineMemory(FUSED_LOSS, Buckets.NONE, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.pytorch(0));
            case "torchtitan_2025" ->
                new EngineMemory(FUSED_LOSS, Buckets.FSDP, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.torchtitan(true));
            // examples/llama: chunk_linear_cross_entropy has the logits of a few rows at a time.
            case "nnscaler" ->
                new EngineMemory(0, Buckets.NONE, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.expandable(0));
            // run_train.sh: expandable_segments.
            case "torchtitan", "torchtitan_compiled", "torchtitan_async" ->
                new EngineMemory(
                        EAGER_LOSS,
                        Buckets.FSDP,
                        Step.IN_PLACE,
                        Kept.AS_PLANNED,
                        Allocator.torchtitan(!engine.name().equals("torchtitan")));
            default -> new EngineMemory(EAGER_LOSS, Buckets.NONE, Step.IN_PLACE, Kept.AS_PLANNED, Allocator.pytorch(0));
        };
    }
}
