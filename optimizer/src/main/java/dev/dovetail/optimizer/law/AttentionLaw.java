package dev.dovetail.optimizer.law;

/**
 * Time of fused attention. Short sequences fill the device less: the rate is a share of the peak, falling as keys are few. The
 * law is fitted at a head dim of 128; narrower heads leave tensor cores waiting for the softmax, which does the same work for
 * each score whatever the head dim is.
 *
 * @param launchSeconds of the whole kernel
 * @param share of the peak with many keys, forward
 * @param backwardShare of the peak with many keys, backward
 * @param halfKeys keys at which the rate is half of that
 * @param softmax time of one score's softmax as a share of the time of its products at head dim 128
 */
public record AttentionLaw(double launchSeconds, double share, double backwardShare, double halfKeys, double softmax) {
    /**
     * Time of products in fp8 as a share of theirs in 16 bits, conversion included: TensorRT-LLM's prefills on H100, B200 and
     * GB200 (ai-dynamo/aiconfigurator at 095f58a5), at head dim 64 and 128.
     */
    private static final double FP8_PRODUCTS = 0.68;

    /**
     * @param flops that are really done: blocks that a mask hides are left out
     * @param fp8 whether its products are, the softmax between them is not
     * @param peak flops a second of the device at its clock
     */
    public double seconds(double flops, double keys, double headDim, boolean backward, boolean fp8, double peak) {
        double rate = peak * (backward ? backwardShare : share);
        double products = fp8 ? FP8_PRODUCTS : 1;
        double each = (products + softmax * 128 / headDim) / (1 + softmax);
        return launchSeconds + flops * (1 + halfKeys / keys) * each / rate;
    }
}
