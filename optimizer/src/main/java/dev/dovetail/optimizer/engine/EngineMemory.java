package dev.dovetail.optimizer.engine;

import static dev.dovetail.ir.tensor.ElementType.BF16;
import static dev.dovetail.ir.tensor.ElementType.F32;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;

/**
 * What an engine keeps on a device beside the tensors of a plan. Each figure is read from the engine's code; the two that
 * nobody publishes, libraries and fragmentation, are one number for all engines.
 *
 * @param logitBytes bytes alive for each logit at the peak of the loss: 16-bit logits, fp32 copy, its softmax, its gradient
 * @param bucket elements of each flat buffer that gradients are reduced and weights gathered through
 * @param buckets how many there are
 * @param gradients what gradients are accumulated in
 * @param copiesGradients whether the optimizer makes an fp32 copy of the gradients it owns
 * @param narrowGradients whether gradients lie in the weights' format beside those they are added to
 * @param groups communicators beside those of the plan's axes and of all ranks
 * @param keepsOutputs whether a stage keeps what it sent until the gradient comes back
 * @param keepsConverted whether linear layers keep their inputs in the format they multiply in
 */
public record EngineMemory(
        double logitBytes,
        long bucket,
        int buckets,
        ElementType gradients,
        boolean copiesGradients,
        boolean narrowGradients,
        int groups,
        boolean keepsOutputs,
        boolean keepsConverted) {

    /** Driver context, cuBLAS and kernels: 0.6 to 1.4 GB beside what a framework allocates on A100 and H100. */
    public static final Bytes LIBRARIES = Bytes.ofGib(1.4);

    /**
     * NCCL's buffers for one communicator: 24 channels to two neighbours with 4 MiB (simple), 0.5 MiB (LL) and 2.5 MiB (LL128)
     * each (NVIDIA/nccl src/include/device.h, default NCCL_BUFFSIZE).
     */
    public static final Bytes COMMUNICATOR = Bytes.of((24L * 2 * 7) << 20);

    /**
     * Memory a caching allocator holds and cannot use, as a share of what comes and goes: fitted once, to the peaks of BLOOM's
     * topology search.
     */
    public static final double FRAGMENTATION = 0.2;

    /** PyTorch's cross-entropy over fp32 logits: 2 + 4 + 4 + 4. */
    private static final double EAGER_LOSS = 14;

    public static EngineMemory of(Engine engine) {
        return switch (engine.name()) {
            case "dovetail" -> new EngineMemory(0, 0, 0, F32, false, false, 0, false, false);
            // deepspeedai/DeepSpeed: reduce_bucket_size (two, where reduction overlaps) and allgather_bucket_size of
            // 5e8;
            // stage_1_and_2.py step() makes fp32 gradients; pipe/engine.py keeps pipe_buffers["outputs"]. Groups of
            // model and
            // embedding ranks are Megatron-LM's (mpu/initialize.py), slices and pipes DeepSpeed's own
            // (pipe/topology.py).
            case "megatron_deepspeed", "deepspeed_pipeline", "deepspeed_zero" ->
                new EngineMemory(EAGER_LOSS, 500_000_000, 3, BF16, true, false, 4, true, false);
            // bf16_optimizer.py: fp32 gradients of all parameters, one flat buffer; weights are gathered in buckets.
            case "deepspeed_bf16" -> new EngineMemory(EAGER_LOSS, 500_000_000, 1, F32, false, true, 4, true, false);
            // XLA fuses the loss: logits in fp32 and their gradient.
            case "maxtext" -> new EngineMemory(8, 0, 0, F32, false, false, 0, false, false);
            // vocab_parallel_cross_entropy works on the fp32 copy in place; its exponentials become the gradient.
            case "megatron_lm", "megatron_lm_3" -> new EngineMemory(10, 0, 0, F32, false, false, 2, true, false);
            case "megatron_core" -> new EngineMemory(10, 0, 0, F32, false, false, 2, false, true);
            // perf_recipes/_common.py: grad_reduce_in_fp32 False, Transformer Engine's cross-entropy, whose gradients
            // take the
            // logits' place.
            case "megatron_bridge", "megatron_bridge_2026" ->
                new EngineMemory(2, 0, 0, BF16, false, false, 2, false, true);
            // components/loss.py: torch.compile since early 2025.
            case "torchtitan_2025" -> new EngineMemory(4, 0, 0, F32, false, false, 0, false, false);
            default -> new EngineMemory(EAGER_LOSS, 0, 0, F32, false, false, 0, false, false);
        };
    }
}
