package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.units.Seconds;

/**
 * How far real kernels and links stay below a datasheet: one set for every accelerator, none fitted to a model or a plan.
 *
 * @param launch shortest time a kernel takes
 * @param ramp time at full rate that a matrix product loses to filling and draining the device, which is why small products
 *     run at a lower rate: rate = attainable · flops / (flops + attainable · ramp)
 * @param memory share of the memory bandwidth that streaming kernels reach
 * @param attention share of the attainable matrix rate that fused attention reaches
 * @param scaleUp share of a scale-up link that collectives reach
 * @param scaleOut share of a network card that collectives and messages reach
 * @param collective fixed time of a collective, on top of the link's latency for each hop
 * @param power exponent of dynamic power in the clock
 * @param waiting share of the dynamic power that a device draws while it communicates
 */
public record DeviceConstants(
        Seconds launch,
        Seconds ramp,
        double memory,
        double attention,
        double scaleUp,
        double scaleOut,
        Seconds collective,
        double power,
        double waiting) {

    /**
     * For data-centre accelerators.
     *
     * <ul>
     *   <li>launch, ramp: least median error over the bf16 matrix products of A100, H100 and H200 that AIConfigurator measured
     *       (ai-dynamo/aiconfigurator systems data, TensorRT-LLM 1.0; m ≥ 256); the best measured rate itself is the device's
     *       {@code attainable}
     *   <li>memory: 0.8 in AIConfigurator's system files for every NVIDIA device
     *   <li>attention: FlashAttention-2 (Dao 2023, arXiv:2307.08691) reaches 0.6 of an A100's peak where matrix products reach
     *       0.87
     *   <li>scaleUp: NCCL all-reduce of 512 MiB on 4 and 8 A100 moves 217 to 230 GB/s of 300 (nccl-tests)
     *   <li>scaleOut: 43 to 47 of 50 GB/s a card (nccl-tests on 400 Gb/s InfiniBand, ml-engineering)
     *   <li>collective: NCCL's floor for tiny messages on 2 to 8 GPUs is 9 to 30 us
     *   <li>power: an A100's stages drawn at 855 to 1410 MHz (Perseus, arXiv:2312.06902) fit 1.8 to 2.4
     * </ul>
     */
    public static final DeviceConstants ACCELERATOR = new DeviceConstants(
            Seconds.ofMicros(4), Seconds.ofMicros(16), 0.8, 0.7, 0.76, 0.88, Seconds.ofMicros(8), 2.1, 0.3);
}
