package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the gradients of a layer's blocks go as a backward pass makes them: whole ones are summed over micro-batches and reduced
 * once a step, or each micro-batch's are shared out at once (ZeRO-2 and 3).
 *
 * @param gradients of each parameter, by its name
 */
record GradientSinks(LayerSettings settings, List<ParameterBlock> blocks, Map<String, Value> gradients) {

    Sink of(BodyBuilder builder, ParameterBlock block) {
        var sum = new GradientSum(builder, block);
        return scatters(block) ? new ShardedGradients(builder, block, sum) : new WholeGradients(builder, block, sum);
    }

    /** Whether gradients of every micro-batch are shared out among ranks. */
    boolean scatters(ParameterBlock block) {
        return settings.shards(block, Shard.GRADIENTS);
    }

    /** Where the gradients of a block of parameters go as they are made. */
    interface Sink {
        void accumulate(BodyBuilder builder, Value result);

        void finish(BodyBuilder builder);
    }

    /** By the value that is the gradient of a parameter, its place in the block. */
    private Map<Value, ParameterBlock.Member> places(ParameterBlock block) {
        var places = new HashMap<Value, ParameterBlock.Member>();
        for (ParameterBlock.Member member : block.members()) {
            Value gradient = gradients.get(member.parameter().name());
            if (gradient != null) {
                places.put(gradient, member);
            }
        }
        return places;
    }

    /** Every rank accumulates whole gradients; they are reduced once a step. */
    private final class WholeGradients implements Sink {
        private final Map<Value, ParameterBlock.Member> places;
        private final GradientSum sum;

        WholeGradients(BodyBuilder builder, ParameterBlock block, GradientSum sum) {
            this.places = places(block);
            this.sum = sum;
            sum.fetch(builder);
        }

        @Override
        public void accumulate(BodyBuilder builder, Value result) {
            ParameterBlock.Member member = places.get(result);
            if (member != null) {
                ElementType element = settings.precision().gradient();
                sum.add(
                        builder,
                        "d_" + member.parameter().name(),
                        result,
                        result.type().withElement(element),
                        member.first() * element.bytes());
            }
        }

        @Override
        public void finish(BodyBuilder builder) {
            sum.putAway(builder);
        }
    }

    /** Gradients of one micro-batch are reduced to the rank's shard before the next is made (ZeRO-2 and 3). */
    private final class ShardedGradients implements Sink {
        private final ParameterBlock block;
        private final GradientSum sum;
        private final Value whole;

        ShardedGradients(BodyBuilder builder, ParameterBlock block, GradientSum sum) {
            this.block = block;
            this.sum = sum;
            ElementType element = settings.precision().gradient();
            this.whole =
                    builder.scratch("whole_gradients" + block.suffix(), BlockMemory.flat(element, block.elements()));
            builder.step(
                    List.of(whole),
                    places -> new Instruction.Zero(
                            MemoryPart.GRADIENTS, element, places.of(whole).offset(), block.elements()));
            for (ParameterBlock.Member member : block.members()) {
                Value gradient = gradients.get(member.parameter().name());
                if (gradient != null) {
                    long bytes = member.first() * element.bytes();
                    if (builder.isPlaced(gradient)) {
                        takeOver(builder, gradient, bytes);
                    } else {
                        builder.inside(gradient, whole, bytes);
                    }
                }
            }
        }

        /** A gradient that the first half of the backward pass made. */
        private void takeOver(BodyBuilder builder, Value gradient, long bytes) {
            Value part = builder.scratch(gradient.name(), gradient.type());
            builder.inside(part, whole, bytes);
            builder.step(List.of(gradient, part), places -> GraphSteps.copy(places.of(gradient), places.of(part)));
        }

        @Override
        public void accumulate(BodyBuilder builder, Value result) {}

        @Override
        public void finish(BodyBuilder builder) {
            if (block.pendingElements() > 0) {
                builder.step(
                        List.of(whole),
                        places -> StateBodies.sumOverTensor(
                                settings, block, places.of(whole).offset()));
            }
            scatter(builder);
        }

        private void scatter(BodyBuilder builder) {
            ElementType element = settings.precision().gradient();
            long chunk = block.elements() / block.copies().ranks();
            TensorType type = BlockMemory.flat(element, chunk);
            Value part = builder.scratch("gradient_shard" + block.suffix(), type);
            builder.step(
                    List.of(whole, part),
                    places -> new Instruction.FlatExchange(
                            Communication.Kind.REDUCE_SCATTER,
                            block.copies().axis(),
                            block.copies().ranks(),
                            element,
                            MemoryPart.GRADIENTS,
                            places.of(whole).offset(),
                            places.of(part).offset(),
                            block.elements()));
            sum.fetch(builder);
            sum.add(builder, "gradients" + block.suffix(), part, type, 0);
            sum.putAway(builder);
        }
    }

    /** What this rank keeps of a block's gradients: in the arena, or beside it, from where it comes to be added to and goes back. */
    private final class GradientSum {
        private final Buffer kept;
        private final Optional<Value> near;

        GradientSum(BodyBuilder builder, ParameterBlock block) {
            ElementType element = settings.precision().gradient();
            TensorType type = BlockMemory.flat(element, BlockMemory.kept(block, settings, Shard.GRADIENTS));
            this.kept = new Buffer(
                    "gradients" + block.suffix(),
                    type,
                    MemoryPart.GRADIENTS,
                    IndexExpr.variable(LayerBodies.GRADIENTS + block.suffix()));
            this.near = settings.keepsGradientsBeside(blocks)
                    ? Optional.of(builder.scratch("fetched_gradients" + block.suffix(), type))
                    : Optional.empty();
        }

        void fetch(BodyBuilder builder) {
            near.ifPresent(value ->
                    builder.step(List.of(value), places -> settings.beside().fetch(places.of(value), kept)));
        }

        void putAway(BodyBuilder builder) {
            near.ifPresent(value ->
                    builder.step(List.of(value), places -> settings.beside().putAway(places.of(value), kept)));
        }

        /** Adds a stretch that begins {@code bytes} into the block. */
        void add(BodyBuilder builder, String name, Value part, TensorType type, long bytes) {
            builder.step(
                    Stream.concat(near.stream(), Stream.of(part)).toList(),
                    places -> GraphSteps.add(
                            new Buffer(
                                    name,
                                    type,
                                    MemoryPart.GRADIENTS,
                                    near.map(value -> places.of(value).offset())
                                            .orElse(kept.offset())
                                            .plus(bytes)),
                            places.of(part)));
        }
    }
}
