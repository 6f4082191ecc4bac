package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What happens to a layer's parameters once a step: gradients are reduced, weights updated and gathered. */
record StateBodies(String name, LayerSettings settings, List<ParameterBlock> blocks) {
    StateBodies {
        blocks = blocks.stream().filter(ParameterBlock::trains).toList();
    }

    static final String OPTIMIZER = "optimizer";

    /** Sums gradients over the tensor axis where they are partial, then over the ranks that hold copies. */
    Body reduce() {
        var instructions = new ArrayList<Instruction>();
        for (ParameterBlock block : blocks) {
            State gradients = state(block).gradients();
            List<Instruction> sums = sums(block, gradients.near());
            if (!sums.isEmpty()) {
                instructions.addAll(gradients.fetch());
                instructions.addAll(sums);
                instructions.addAll(gradients.putAway());
            }
        }
        return new Body(
                name + "_reduce",
                Activity.REDUCE,
                withWindow(variables(LayerBodies.GRADIENTS), gradientsLieBeside()),
                instructions);
    }

    private List<Instruction> sums(ParameterBlock block, IndexExpr gradients) {
        var instructions = new ArrayList<Instruction>();
        boolean reducedEarlier = settings.shards(block, Shard.GRADIENTS);
        if (block.pendingElements() > 0 && !reducedEarlier) {
            instructions.add(sumOverTensor(settings, block, gradients));
        }
        if (block.copies().ranks() > 1 && !reducedEarlier) {
            instructions.add(sumOverData(block, gradients));
        }
        if (block.copies().groups() > 1) {
            instructions.add(sumOverGroups(block, gradients));
        }
        return instructions;
    }

    /** All-reduces the leading gradients that each tensor rank holds only a part of (norms under sequence parallelism). */
    static Instruction sumOverTensor(LayerSettings settings, ParameterBlock block, IndexExpr gradients) {
        return new Instruction.FlatExchange(
                Communication.Kind.ALL_REDUCE,
                settings.tensor().axis(),
                settings.tensor().ways(),
                settings.precision().gradient(),
                MemoryPart.GRADIENTS,
                gradients,
                gradients,
                block.pendingElements());
    }

    private Instruction sumOverData(ParameterBlock block, IndexExpr gradients) {
        boolean scatters = settings.shards(block, Shard.OPTIMIZER);
        return new Instruction.FlatExchange(
                scatters ? Communication.Kind.REDUCE_SCATTER : Communication.Kind.ALL_REDUCE,
                block.copies().axis(),
                block.copies().ranks(),
                settings.precision().gradient(),
                MemoryPart.GRADIENTS,
                gradients,
                scatters
                        ? chunkOf(
                                block,
                                gradients,
                                settings.precision().gradient().bytes())
                        : gradients,
                block.elements());
    }

    /** All-reduces this rank's shard with the ranks of other groups that keep the same one. */
    private Instruction sumOverGroups(ParameterBlock block, IndexExpr gradients) {
        Precision precision = settings.precision();
        boolean inside = !settings.shards(block, Shard.GRADIENTS);
        IndexExpr own = inside ? chunkOf(block, gradients, precision.gradient().bytes()) : gradients;
        return new Instruction.FlatExchange(
                Communication.Kind.ALL_REDUCE,
                MeshShape.SHARD_DATA,
                block.copies().groups(),
                precision.gradient(),
                MemoryPart.GRADIENTS,
                own,
                own,
                BlockMemory.kept(block, settings, Shard.OPTIMIZER));
    }

    /** Where this rank's chunk of a whole stretch starts. */
    private IndexExpr chunkOf(ParameterBlock block, IndexExpr whole, int elementBytes) {
        long chunk = block.elements() / block.copies().ranks() * elementBytes;
        return whole.plus(new IndexExpr.Coordinate(block.copies().axis()).times(chunk));
    }

    /**
     * One optimizer step on what this rank keeps; updated weights go back to the ranks that share them. What lies beside the arena
     * comes into it block by block and goes back, gradients as zeroes for the next step; weights of which the optimizer has its own
     * do not come, they are written anew.
     */
    Body update() {
        var instructions = new ArrayList<Instruction>();
        for (ParameterBlock block : blocks) {
            BlockState state = state(block);
            List<State> all = List.of(state.weights(), state.gradients(), state.optimizer());
            instructions.addAll(
                    settings.precision().hasMaster()
                            ? state.weights().open()
                            : state.weights().fetch());
            instructions.addAll(state.gradients().fetch());
            instructions.addAll(state.optimizer().fetch());
            instructions.add(updateOf(block, state));
            if (gathersWeights(block)) {
                instructions.add(gather(block, state.weights().near()));
            }
            if (gradientsLieBeside()) {
                instructions.add(zero(block, state.gradients().near()));
            }
            all.forEach(one -> instructions.addAll(one.putAway()));
        }
        var variables = new ArrayList<>(variables(LayerBodies.WEIGHTS));
        variables.addAll(variables(LayerBodies.GRADIENTS));
        variables.addAll(variables(OPTIMIZER));
        return new Body(name + "_update", Activity.UPDATE, withWindow(variables, windowBytes() > 0), instructions);
    }

    private static List<String> withWindow(List<String> variables, boolean window) {
        return window
                ? Stream.concat(variables.stream(), Stream.of(BodyBuilder.SCRATCH))
                        .toList()
                : variables;
    }

    private boolean gradientsLieBeside() {
        return settings.keepsGradientsBeside(blocks);
    }

    private boolean gathersWeights(ParameterBlock block) {
        return settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.PARAMETERS);
    }

    private Instruction zero(ParameterBlock block, IndexExpr gradients) {
        return new Instruction.Zero(
                MemoryPart.GRADIENTS,
                settings.precision().gradient(),
                gradients,
                BlockMemory.kept(block, settings, Shard.GRADIENTS));
    }

    /** Bytes of the arena that the largest block's state takes while it is reduced or updated, of what lies beside. */
    long windowBytes() {
        return blocks.stream().mapToLong(block -> state(block).end()).max().orElse(0);
    }

    /** One kind of a block's state: where it lies, and where it is while it is worked on. */
    private record State(Buffer kept, boolean liesBeside, long window, Decision.Tier tier) {
        IndexExpr near() {
            return liesBeside ? IndexExpr.variable(BodyBuilder.SCRATCH).plus(window) : kept.offset();
        }

        private Buffer inWindow() {
            return new Buffer(kept.name() + "_near", kept.type(), MemoryPart.WORKSPACE, near());
        }

        List<Instruction> open() {
            return liesBeside ? List.of(new Instruction.Allocate(inWindow())) : List.of();
        }

        List<Instruction> fetch() {
            return liesBeside
                    ? List.of(new Instruction.Allocate(inWindow()), new Instruction.Move(inWindow(), kept, true, tier))
                    : List.of();
        }

        List<Instruction> putAway() {
            return liesBeside
                    ? List.of(new Instruction.Move(inWindow(), kept, false, tier), new Instruction.Free(inWindow()))
                    : List.of();
        }

        /** Where the next kind of state may begin in the window. */
        long end() {
            return liesBeside ? window + kept.reserved() : window;
        }
    }

    private record BlockState(State weights, State gradients, State optimizer) {
        long end() {
            return optimizer.end();
        }
    }

    private BlockState state(ParameterBlock block) {
        Precision precision = settings.precision();
        BlockMemory bytes = BlockMemory.of(block, settings);
        Offload beside = settings.beside().what();
        State gradients = state(
                new Buffer(
                        "gradients" + block.suffix(),
                        BlockMemory.flat(
                                precision.gradient(),
                                bytes.gradients() / precision.gradient().bytes()),
                        MemoryPart.GRADIENTS,
                        IndexExpr.variable(LayerBodies.GRADIENTS + block.suffix())),
                gradientsLieBeside(),
                0);
        State weights = state(
                new Buffer(
                        "weights" + block.suffix(),
                        BlockMemory.flat(
                                precision.compute(),
                                bytes.weights() / precision.compute().bytes()),
                        MemoryPart.PARAMETERS,
                        IndexExpr.variable(LayerBodies.WEIGHTS + block.suffix())),
                beside.weights(),
                gradients.end());
        State optimizer = state(
                new Buffer(
                        "optimizer" + block.suffix(),
                        BlockMemory.flat(
                                precision.state(),
                                bytes.optimizer() / precision.state().bytes()),
                        MemoryPart.OPTIMIZER,
                        IndexExpr.variable(OPTIMIZER + block.suffix())),
                beside.optimizer(),
                weights.end());
        return new BlockState(weights, gradients, optimizer);
    }

    private State state(Buffer kept, boolean liesBeside, long window) {
        return new State(kept, liesBeside, window, settings.beside().tier());
    }

    private Instruction updateOf(ParameterBlock block, BlockState state) {
        Precision precision = settings.precision();
        long kept = BlockMemory.kept(block, settings, Shard.OPTIMIZER);
        IndexExpr weights = state.weights().near();
        IndexExpr gradients = state.gradients().near();
        IndexExpr first = state.optimizer().near();
        IndexExpr second = first.plus(kept * precision.state().bytes());
        IndexExpr master = second.plus(kept * precision.state().bytes());
        boolean wholeGradients = settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.GRADIENTS);
        return new Instruction.Update(
                precision,
                gathersWeights(block)
                        ? chunkOf(block, weights, precision.compute().bytes())
                        : weights,
                wholeGradients ? chunkOf(block, gradients, precision.gradient().bytes()) : gradients,
                first,
                second,
                precision.hasMaster() ? Optional.of(master) : Optional.empty(),
                kept);
    }

    private Instruction gather(ParameterBlock block, IndexExpr weights) {
        return new Instruction.FlatExchange(
                Communication.Kind.ALL_GATHER,
                block.copies().axis(),
                block.copies().ranks(),
                settings.precision().compute(),
                MemoryPart.PARAMETERS,
                weights,
                chunkOf(block, weights, settings.precision().compute().bytes()),
                block.elements());
    }

    private List<String> variables(String prefix) {
        return blocks.stream().map(block -> prefix + block.suffix()).toList();
    }
}
