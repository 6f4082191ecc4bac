package dev.dovetail.optimizer.law;

/**
 * Time of a state space within its chunks and between them, in kernels that use little of the tensor cores.
 *
 * @param rate flops a second of the products inside chunks, forward
 * @param backward how much longer each of a backward pass takes, which also computes again what the forward pass did not keep
 */
public record ChunkLaw(double rate, double backward) {

    /** @param slowdown highest clock divided by the clock it runs at */
    public double seconds(double flops, boolean isBackward, double slowdown) {
        return slowdown * flops * (isBackward ? backward : 1) / rate;
    }
}
