package dev.dovetail.ir.job;

/**
 * AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) with a linear warm-up.
 *
 * @param warmup steps over which the rate rises linearly from 0
 * @param decay decoupled weight decay
 */
public record OptimizerSettings(
        double learningRate, double beta1, double beta2, double epsilon, double decay, int warmup) {

    public static final OptimizerSettings ADAMW = new OptimizerSettings(1e-3, 0.9, 0.999, 1e-8, 0, 20);
}
