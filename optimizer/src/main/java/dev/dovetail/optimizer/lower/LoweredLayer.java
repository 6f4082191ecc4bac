package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * A kind of layer as one rank runs it: its bodies, the memory they keep and need, and its parameters.
 *
 * @param forward operators of the forward pass on local shards
 * @param backward operators of the backward pass, recomputation included
 * @param saved buffers a micro-batch keeps from its forward to its backward pass, at offsets from the variable {@code saved}:
 *     the layer's input first
 * @param savedBytes bytes of {@code saved} together
 * @param stream what is handed from layer to layer of one micro-batch on this rank: the residual stream first
 * @param forwardBody called with {@code weights}, {@code saved}, {@code output}, {@code scratch}, {@code microbatch}
 * @param backwardBody called with {@code weights}, {@code gradients}, {@code saved}, {@code gradient_in}, {@code
 *     gradient_out}, {@code scratch}, {@code microbatch}
 * @param discardBody frees what the forward pass saved, where no backward pass follows
 * @param reduceBody sums gradients over the ranks that share parameters, once a step
 * @param updateBody updates parameters, once a step, and gathers them where they are sharded
 */
public record LoweredLayer(
        LayerKind kind,
        LayerSettings settings,
        LocalGraph forward,
        LocalGraph backward,
        List<Buffer> saved,
        long savedBytes,
        List<TensorType> stream,
        List<ParameterBlock> blocks,
        BodyWithScratch forwardBody,
        BodyWithScratch backwardBody,
        Body discardBody,
        Body reduceBody,
        Body updateBody) {

    /** A body and the bytes of scratch memory it takes at its peak. */
    public record BodyWithScratch(Body body, long scratchBytes) {}

    /** Bytes of what is handed from layer to layer of one micro-batch. */
    public long streamBytes() {
        return stream.stream().mapToLong(Buffer::reserved).sum();
    }

    /** Bytes of weights this rank keeps for the layer. */
    public long weightBytes() {
        return blocks.stream()
                .mapToLong(b -> BlockMemory.of(b, settings).weights())
                .sum();
    }

    public long gradientBytes() {
        return blocks.stream()
                .mapToLong(b -> BlockMemory.of(b, settings).gradients())
                .sum();
    }

    public long optimizerBytes() {
        return blocks.stream()
                .mapToLong(b -> BlockMemory.of(b, settings).optimizer())
                .sum();
    }
}
