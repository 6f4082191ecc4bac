package dev.dovetail.optimizer.law;

import dev.dovetail.optimizer.engine.ProductFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The laws of one family of devices.
 *
 * @param products of 16-bit operands
 * @param formats what narrow formats the family multiplies
 * @param network share of a network card that exchanges and messages reach
 * @param sustained share of the rate of products and attention, measured in short loops, that a device keeps under its power
 *     limit while it trains for hours
 * @param networkSeconds of an exchange or message over the network, beside the latency of its hops
 */
public record DeviceLaws(
        MatMulLaw products,
        Map<ProductFormat, FormatLaw> formats,
        AttentionLaw attention,
        StreamLaw streams,
        CollectiveLaw links,
        double sustained,
        double network,
        double networkSeconds) {

    public DeviceLaws {
        formats = Map.copyOf(formats);
    }

    /** A narrow format, where the family multiplies in it. */
    public Optional<FormatLaw> format(ProductFormat format) {
        return Optional.ofNullable(formats.get(format));
    }

    /**
     * Ampere, A100 and A800. Products: 413 bf16 products of TensorRT-LLM 1.0 on an A100 with m ≥ 128
     * (ai-dynamo/aiconfigurator at 095f58a5), median error 3.9 %. Attention forward: 436 prefills of the same source, 3.7 %;
     * backward: FlashAttention-2's share (Dao 2023, arXiv:2307.08691). Sustained: PyTorch's products in microsoft/vidur's profiles run 12 % below
     * the former's, and the middle of the two is taken. Links: NCCL 2.27 of the same source, and nccl-tests of
     * VIA-Research/vTrain. Streams: microsoft/vidur's profiles of residual additions and activations.
     */
    static final DeviceLaws AMPERE = new DeviceLaws(
            new MatMulLaw(108, 0.897, List.of(1.0, 1.0, 0.888, 0.82, 0.82, 0.7), 3.7e-6, 1.2e-6, 0.716, 0.667, 0.43),
            Map.of(),
            new AttentionLaw(8e-6, 0.60, 0.52, 400, 0.2),
            new StreamLaw(2.5e-6, 0.8),
            new CollectiveLaw(10e-6, 2.5e-6, 50e-6, 0.80, 0.58, 1.4),
            0.94,
            0.88,
            15e-6);

    /**
     * Hopper, H100, H800, H200. Products: 558 bf16 products of vLLM 0.22 on an H200 at its power limit, median error 2.9 %, and
     * 684 fp8 products of TensorRT-LLM 1.3 on an H100, 2.2 % with their operands' conversion (same source).
     */
    static final DeviceLaws HOPPER = new DeviceLaws(
            new MatMulLaw(132, 0.72, List.of(1.0, 1.0, 1.0, 0.94, 0.94, 0.85), 1.5e-6, 1.0e-6, 0.05, 0.76, 0.4),
            Map.of(
                    ProductFormat.FP8,
                    new FormatLaw(2, hopperNarrow(0.70), 1, 6.5),
                    ProductFormat.FP8_BLOCK,
                    new FormatLaw(2, hopperNarrow(0.62), 1.03, 5.3),
                    ProductFormat.MXFP8,
                    new FormatLaw(2, hopperNarrow(0.62), 1.03, 5.3)),
            new AttentionLaw(9e-6, 0.63, 0.50, 900, 0.2),
            new StreamLaw(2e-6, 0.82),
            new CollectiveLaw(6e-6, 1.6e-6, 40e-6, 0.95, 0.95, 1.7),
            0.95,
            0.88,
            15e-6);

    private static MatMulLaw hopperNarrow(double share) {
        return new MatMulLaw(132, share, List.of(1.0, 1.0, 1.0, 1.0, 1.0, 1.0), 1.7e-6, 5e-6, 0.02, 0.743, 0.4);
    }

    /**
     * Blackwell, B200, B300, GB200, GB300. Products: 242 bf16, 269 fp8, 243 fp8 with block scales and 278 NVFP4 products of
     * TensorRT-LLM 1.3 on a B200, median errors 5.0, 4.7, 2.1 and 7.9 % (same source).
     */
    static final DeviceLaws BLACKWELL = new DeviceLaws(
            new MatMulLaw(148, 0.59, List.of(1.0, 1.0, 0.99, 0.84, 0.84, 0.76), 0.6e-6, 1.5e-6, 0.1, 0.72, 0.4),
            Map.of(
                    ProductFormat.FP8,
                    new FormatLaw(2, blackwellNarrow(0.588), 1, 7.3),
                    ProductFormat.FP8_BLOCK,
                    new FormatLaw(2, blackwellNarrow(0.60), 1.03, 6),
                    ProductFormat.MXFP8,
                    new FormatLaw(2, blackwellNarrow(0.60), 1.03, 6),
                    ProductFormat.NVFP4,
                    new FormatLaw(4, blackwellNarrow(0.49), 0.5625, 4.4)),
            new AttentionLaw(10e-6, 0.49, 0.40, 1200, 0.2),
            new StreamLaw(2e-6, 0.82),
            new CollectiveLaw(9e-6, 2.7e-6, 45e-6, 0.91, 1.2, 2.1),
            0.95,
            0.88,
            15e-6);

    private static MatMulLaw blackwellNarrow(double share) {
        return new MatMulLaw(148, share, List.of(1.0, 1.0, 0.95, 0.9, 0.9, 0.7), 0.4e-6, 6e-6, 0.1, 0.5, 0.4);
    }

    /**
     * Any other device: shares of a datasheet that well-tuned libraries reach, cores as a data-centre device has them. Checked
     * on an L40S, 8 % median error; never fitted.
     */
    static DeviceLaws other(double attainable) {
        return new DeviceLaws(
                new MatMulLaw(108, attainable, List.of(1.0, 1.0, 0.95, 0.85, 0.85, 0.75), 2e-6, 2e-6, 0.3, 0.75, 0.4),
                Map.of(),
                new AttentionLaw(10e-6, 0.6 * attainable, 0.5 * attainable, 500, 0.2),
                new StreamLaw(3e-6, 0.8),
                new CollectiveLaw(10e-6, 2.5e-6, 50e-6, 0.8, 0.58, 1.4),
                0.95,
                0.88,
                15e-6);
    }

    private static final Map<String, DeviceLaws> BY_PREFIX = Map.of(
            "a100", AMPERE,
            "a800", AMPERE,
            "h100", HOPPER,
            "h800", HOPPER,
            "h200", HOPPER,
            "gh200", HOPPER,
            "b200", BLACKWELL,
            "b300", BLACKWELL,
            "gb200", BLACKWELL,
            "gb300", BLACKWELL);

    /**
     * @param device its name in the catalogue, such as {@code a100_sxm_80gb}
     * @param attainable share of the peak that its best product reaches, for families without laws of their own
     */
    public static DeviceLaws of(String device, double attainable) {
        int family = device.indexOf('_');
        DeviceLaws known = BY_PREFIX.get(family < 0 ? device : device.substring(0, family));
        return known == null ? other(attainable) : known;
    }
}
