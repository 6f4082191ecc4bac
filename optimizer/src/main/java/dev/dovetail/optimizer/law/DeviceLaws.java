package dev.dovetail.optimizer.law;

import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.optimizer.engine.Engine;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The laws of one family of devices.
 *
 * @param products of 16-bit operands
 * @param formats what narrow formats the family multiplies
 * @param sustained share of the rate of products and attention, measured in short loops, that a device keeps under its power
 *     limit while it trains for hours
 * @param wattsPerTeraflop power limit for each 10^12 flops a second of the 16-bit peak, of the device that products were measured
 *     on; 0 where products do not run into it
 */
public record DeviceLaws(
        MatMulLaw products,
        Map<ProductFormat, FormatLaw> formats,
        Map<Engine.Attention, AttentionLaw> attention,
        StreamLaw streams,
        ChunkLaw chunks,
        CollectiveLaw links,
        double sustained,
        NetworkLaw network,
        double wattsPerTeraflop) {

    public DeviceLaws {
        formats = Map.copyOf(formats);
        attention = Map.copyOf(attention);
    }

    /**
     * NCCL over InfiniBand or RoCE; what larger exchanges lose is set by hand to four nodes of eight (stas00/ml-engineering
     * network/benchmarks/README.md, as it was before and since 2026).
     */
    private static final NetworkLaw NETWORK = new NetworkLaw(0.88, 15e-6, 45e-6, 3e5);

    /**
     * mamba_ssm's chunk scan: 5.1e4 flops of products a position and head in 0.61 ns on a B200, from 16,384 positions on
     * (ai-dynamo/aiconfigurator at 095f58a5). How much longer a backward pass takes nobody publishes; fitted to steps of Nemotron 3
     * Nano, which ran on none but Blackwell and Hopper.
     */
    private static ChunkLaw chunks(int cores) {
        return new ChunkLaw(84e12 / 148 * cores, 3.5);
    }

    /**
     * Version 1 adds warps' parts up through shared memory, the more the wider a head is (arXiv:2307.08691, section 3.3), which evens out
     * what narrow heads wait for the softmax.
     *
     * @param shares forward and backward, of FLASH_3, FLASH_2 and FLASH_1; the last pair stands for those left out
     */
    private static Map<Engine.Attention, AttentionLaw> attention(
            double launchSeconds, double halfKeys, double softmax, double... shares) {
        var laws = new EnumMap<Engine.Attention, AttentionLaw>(Engine.Attention.class);
        var kinds = List.of(Engine.Attention.FLASH_3, Engine.Attention.FLASH_2, Engine.Attention.FLASH_1);
        for (int i = 0; i < kinds.size(); i++) {
            int at = Math.min(2 * i, shares.length - 2);
            double waiting = kinds.get(i) == Engine.Attention.FLASH_1 ? 0 : softmax;
            laws.put(kinds.get(i), new AttentionLaw(launchSeconds, shares[at], shares[at + 1], halfKeys, waiting));
        }
        return laws;
    }

    /** A narrow format, where the family multiplies in it. */
    public Optional<FormatLaw> format(ProductFormat format) {
        return Optional.ofNullable(formats.get(format));
    }

    /**
     * Ampere, A100 and A800. Products: 413 bf16 products of TensorRT-LLM 1.0 on an A100 with m ≥ 128
     * (ai-dynamo/aiconfigurator at 095f58a5), median error 3.9 %. Attention forward: 436 prefills of the same source, 3.7 %;
     * backward: FlashAttention-2's share (Dao 2023, arXiv:2307.08691). Unaligned: an odd
     * vocabulary under vTrain's single-node runs. Links: NCCL 2.27 of the same source, and nccl-tests of
     * VIA-Research/vTrain. Streams: microsoft/vidur's profiles of residual additions and activations.
     */
    static final DeviceLaws AMPERE = new DeviceLaws(
            new MatMulLaw(108, 0.897, List.of(1.0, 1.0, 0.888, 0.82, 0.82, 0.7), 3.7e-6, 1.2e-6, 0.716, 0.667, 0.4),
            Map.of(),
            attention(8e-6, 400, 0.2, 0.60, 0.48, 0.60, 0.48, 0.38, 0.30),
            new StreamLaw(1.5e-6, 0.86),
            chunks(108),
            new CollectiveLaw(10e-6, 2.5e-6, 55e-6, 1.5e6, 0.80, 0.58, 1.4),
            1,
            NETWORK,
            0);

    /**
     * Hopper, H100, H800, H200. Products: 558 bf16 products of vLLM 0.22 on an H200 at its power limit, median error 2.9 %, and
     * 684 fp8 products of TensorRT-LLM 1.3 on an H100, 2.2 % with their operands' conversion (same source).
     */
    static final DeviceLaws HOPPER = new DeviceLaws(
            new MatMulLaw(132, 0.72, List.of(1.0, 1.0, 1.0, 0.94, 0.94, 0.85), 1.5e-6, 1.0e-6, 0.05, 0.76, 0.4),
            Map.of(
                    ProductFormat.FP8,
                    new FormatLaw(hopperNarrow(0.783), 1, 6.5),
                    ProductFormat.FP8_BLOCK,
                    new FormatLaw(hopperNarrow(0.68), 1.03, 5.3),
                    ProductFormat.MXFP8,
                    new FormatLaw(hopperNarrow(0.68), 1.03, 5.3)),
            attention(9e-6, 900, 0.2, 0.63, 0.50, 0.40, 0.32, 0.24, 0.19),
            new StreamLaw(2e-6, 0.82),
            chunks(132),
            new CollectiveLaw(6e-6, 1.6e-6, 45e-6, 4e6, 0.95, 0.95, 1.7),
            0.92,
            NETWORK,
            0);

    private static MatMulLaw hopperNarrow(double share) {
        return new MatMulLaw(132, share, List.of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1.7e-6, 10.8e-6, 0.02, 0.743, 0.4);
    }

    /**
     * Blackwell, B200, B300, GB200, GB300. Products: 242 bf16, 269 fp8, 243 fp8 with block scales and 278 NVFP4 products of
     * TensorRT-LLM 1.3 on a B200, median errors 5.0, 4.7, 2.1 and 7.9 % (same source).
     */
    static final DeviceLaws BLACKWELL = new DeviceLaws(
            new MatMulLaw(148, 0.59, List.of(1.0, 1.0, 0.99, 0.84, 0.84, 0.76), 0.6e-6, 1.5e-6, 0.1, 0.72, 0.4),
            Map.of(
                    ProductFormat.FP8,
                    new FormatLaw(blackwellNarrow(0.588), 1, 7.3),
                    ProductFormat.FP8_BLOCK,
                    new FormatLaw(blackwellNarrow(0.60), 1.03, 6),
                    ProductFormat.MXFP8,
                    new FormatLaw(blackwellNarrow(0.60), 1.03, 6),
                    ProductFormat.NVFP4,
                    new FormatLaw(blackwellNarrow(0.49), 0.5625, 4.4)),
            attention(10e-6, 1200, 0.72, 0.49, 0.40, 0.25, 0.20, 0.15, 0.12),
            new StreamLaw(2e-6, 0.82),
            chunks(148),
            new CollectiveLaw(9e-6, 2.7e-6, 50e-6, 8e6, 0.91, 1.2, 2.1),
            1,
            new NetworkLaw(0.88, 15e-6, 200e-6, 3e6),
            1000.0 / 2250);

    private static MatMulLaw blackwellNarrow(double share) {
        return new MatMulLaw(148, share, List.of(1.0, 1.0, 0.95, 0.9, 0.9, 0.7), 0.4e-6, 14e-6, 0.1, 0.5, 0.4);
    }

    /**
     * Any other device: shares of a datasheet that well-tuned libraries reach, cores as a data-centre device has them. Checked
     * on an L40S, 8 % median error; never fitted.
     */
    static DeviceLaws other(double attainable) {
        return new DeviceLaws(
                new MatMulLaw(108, attainable, List.of(1.0, 1.0, 0.95, 0.85, 0.85, 0.75), 2e-6, 2e-6, 0.3, 0.75, 0.4),
                Map.of(),
                attention(10e-6, 500, 0.2, 0.6 * attainable, 0.5 * attainable),
                new StreamLaw(3e-6, 0.8),
                chunks(108),
                new CollectiveLaw(10e-6, 2.5e-6, 55e-6, 1.5e6, 0.8, 0.58, 1.4),
                0.95,
                NETWORK,
                0);
    }

    /**
     * Systolic arrays under XLA: shares of the datasheet, the arrays' 128 rows as tiles; fitted to nothing but the rate kept,
     * to MaxText's tables.
     */
    static final DeviceLaws TPU = new DeviceLaws(
            new MatMulLaw(1, 0.9, List.of(1.0, 1.0, 1.0, 0.8, 0.8, 0.6), 0, 2e-6, 0, 0.8, 0.8),
            Map.of(),
            attention(5e-6, 500, 0.2, 0.55, 0.45),
            new StreamLaw(1e-6, 0.85),
            chunks(108),
            new CollectiveLaw(5e-6, 0.1e-6, 10e-6, 1e6, 0.9, 0, 0),
            0.9,
            new NetworkLaw(0.85, 15e-6, 0, 1),
            0);

    public static DeviceLaws of(Device device) {
        return switch (device.family()) {
            case AMPERE -> AMPERE;
            case HOPPER -> HOPPER;
            case BLACKWELL -> BLACKWELL;
            case TPU -> TPU;
            case VOLTA, ADA, OTHER -> other(device.attainable());
        };
    }
}
