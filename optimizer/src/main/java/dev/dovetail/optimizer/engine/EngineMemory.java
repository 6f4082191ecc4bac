package dev.dovetail.optimizer.engine;

import dev.dovetail.ir.units.Bytes;

/**
 * What an engine keeps on a device beside the tensors of a plan. Each figure is read from the engine's code; the two that
 * nobody publishes, libraries and fragmentation, are one number for all engines.
 *
 * @param logitBytes bytes alive for each logit at the peak of the loss: 16-bit logits, fp32 copy, its softmax, its gradient
 * @param bucket elements of each flat buffer that gradients are reduced and weights gathered through
 * @param buckets how many there are
 * @param copiesGradients whether the optimizer makes an fp32 copy of the gradients it owns
 * @param narrowGradients whether gradients lie in the weights' format beside those they are added to
 * @param groups communicators beside those of the plan's axes and of all ranks
 * @param keepsOutputs whether a stage keeps what it sent until the gradient comes back
 */
public record EngineMemory(
        double logitBytes,
        long bucket,
        int buckets,
        boolean copiesGradients,
        boolean narrowGradients,
        int groups,
        boolean keepsOutputs) {

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
            case "dovetail" -> new EngineMemory(0, 0, 0, false, false, 0, false);
            // deepspeedai/DeepSpeed: reduce_bucket_size (two, where reduction overlaps) and allgather_bucket_size of
            // 5e8;
            // stage_1_and_2.py step() makes fp32 gradients; pipe/engine.py keeps pipe_buffers["outputs"]. Groups of
            // model and
            // embedding ranks are Megatron-LM's (mpu/initialize.py), slices and pipes DeepSpeed's own
            // (pipe/topology.py).
            case "megatron_deepspeed", "deepspeed_pipeline", "deepspeed_zero" ->
                new EngineMemory(EAGER_LOSS, 500_000_000, 3, true, false, 4, true);
            // bf16_optimizer.py: fp32 gradients of all parameters, one flat buffer; weights are gathered in buckets.
            case "deepspeed_bf16" -> new EngineMemory(EAGER_LOSS, 500_000_000, 1, false, true, 4, true);
            // XLA fuses the loss: logits in fp32 and their gradient.
            case "maxtext" -> new EngineMemory(8, 0, 0, false, false, 0, false);
            // vocab_parallel_cross_entropy works on the fp32 copy in place; its exponentials become the gradient.
            case "megatron_lm", "megatron_lm_3" -> new EngineMemory(10, 0, 0, false, false, 2, true);
            case "megatron_core", "megatron_core_2026" -> new EngineMemory(10, 0, 0, false, false, 2, false);
            default -> new EngineMemory(EAGER_LOSS, 0, 0, false, false, 0, false);
        };
    }
}
