package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.law.MatMulLaw;
import java.util.Optional;

/** What a device is given to do at once. */
sealed interface Kernel {

    /**
     * A matrix product.
     *
     * @param linear which linear layer it is of, where one operand is a weight of one: an engine may multiply those in a narrow
     *     format
     * @param converted elements that a narrow format converts for this product; weights are converted once a step
     */
    record Product(MatMulLaw.Shape shape, ElementType element, Optional<ProductClass> linear, double converted)
            implements Kernel {}

    /**
     * Fused attention.
     *
     * @param flops done, blocks that the mask hides left out
     */
    record Attention(double flops, double keys, double headDim, boolean backward, ElementType element, double bytes)
            implements Kernel {}

    /** What one chunk of a state space reads of itself and of the state before it. */
    record Chunks(double flops, boolean backward) implements Kernel {}

    /** Little arithmetic on many bytes. */
    record Stream(double bytes) implements Kernel {}
}
