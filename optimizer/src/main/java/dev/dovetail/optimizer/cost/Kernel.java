package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.law.MatMulLaw;

/** What a device is given to do at once. */
sealed interface Kernel {

    /**
     * A matrix product.
     *
     * @param linear whether one operand is a weight of a layer, which an engine may multiply in a narrow format
     * @param converted elements that a narrow format converts for this product; weights are converted once a step
     */
    record Product(MatMulLaw.Shape shape, ElementType element, boolean linear, double converted) implements Kernel {}

    /**
     * Fused attention.
     *
     * @param flops done, blocks that the mask hides left out
     */
    record Attention(double flops, double keys, double headDim, boolean backward, ElementType element, double bytes)
            implements Kernel {}

    /** Little arithmetic on many bytes. */
    record Stream(double bytes) implements Kernel {}
}
