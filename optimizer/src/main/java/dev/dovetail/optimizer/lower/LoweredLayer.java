package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A kind of layer as one rank runs it: its bodies, the memory they keep and need, and its parameters.
 *
 * @param forward operators of the forward pass on local shards
 * @param backward operators of the backward pass, recomputation included
 * @param halves the backward pass in two, where products for the gradients of weights wait
 * @param kept what a micro-batch keeps between its passes: from the variables {@code saved}, {@code late} and {@code between} on
 * @param besideBytes what a micro-batch keeps beside the arena between its passes; while they run it is in the arena, from the
 *     variable {@code saved} on
 * @param keepsStreamsLate whether the layer's input lies first in {@code late}, not in {@code saved}
 * @param stream what the layer takes in of one micro-batch on this rank: the residual stream first; nothing where it is the first
 * @param handedOn what it hands on; nothing where it is the last
 * @param forwardBody called with {@code weights}, {@code saved}, {@code output}, {@code scratch}, {@code microbatch}
 * @param weightsBody the second half of the backward pass
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
        Optional<BackwardHalves> halves,
        Kept kept,
        long besideBytes,
        boolean keepsStreamsLate,
        List<TensorType> stream,
        List<TensorType> handedOn,
        List<ParameterBlock> blocks,
        BodyWithScratch forwardBody,
        BodyWithScratch backwardBody,
        Optional<BodyWithScratch> weightsBody,
        Body discardBody,
        Body reduceBody,
        Body updateBody) {

    /** A body and the bytes of scratch memory it takes at its peak. */
    public record BodyWithScratch(Body body, long scratchBytes) {}

    /** Bytes of what the layer takes in or hands on of one micro-batch, whichever is more. */
    public long streamBytes() {
        return Math.max(
                stream.stream().mapToLong(Buffer::reserved).sum(),
                handedOn.stream().mapToLong(Buffer::reserved).sum());
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

    /** Bytes of the arena for each kind of state; none of what lies beside. */
    public long nearWeightBytes() {
        return settings.beside().what().weights() ? 0 : weightBytes();
    }

    public long nearGradientBytes() {
        return settings.keepsGradientsBeside(blocks) ? 0 : gradientBytes();
    }

    public long nearOptimizerBytes() {
        return settings.beside().what().optimizer() ? 0 : optimizerBytes();
    }

    /** Bytes of the arena that reduction and update bring one block's state to where it lies beside. */
    public long updateWindow() {
        return new StateBodies(kind.name(), settings, blocks).windowBytes();
    }

    public long optimizerBytes() {
        return blocks.stream()
                .mapToLong(b -> BlockMemory.of(b, settings).optimizer())
                .sum();
    }
}
