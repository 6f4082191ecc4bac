package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;

/**
 * Bytes one rank keeps for a parameter block.
 *
 * @param optimizer moments, and master weights where precision has them
 */
public record BlockMemory(long weights, long gradients, long optimizer) {

    static BlockMemory of(ParameterBlock block, LayerSettings settings) {
        Precision precision = settings.precision();
        long weights =
                kept(block, settings, Shard.PARAMETERS) * precision.compute().bytes();
        if (!block.trains()) {
            return new BlockMemory(weights, 0, 0);
        }
        return new BlockMemory(
                weights,
                kept(block, settings, Shard.GRADIENTS) * precision.gradient().bytes(),
                kept(block, settings, Shard.OPTIMIZER) * precision.optimizerBytes());
    }

    /** Elements of the block this rank keeps of a kind of state that is sharded from {@code state} on. */
    static long kept(ParameterBlock block, LayerSettings settings, Shard state) {
        return settings.shards(block, state) ? block.elements() / block.copies().ranks() : block.elements();
    }

    /** So many elements in a row. */
    static TensorType flat(ElementType element, long elements) {
        return TensorType.of(element, Dim.of("flat", elements));
    }
}
