package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
            IndexExpr gradients = IndexExpr.variable(LayerBodies.GRADIENTS + block.suffix());
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
        }
        return new Body(name + "_reduce", Activity.REDUCE, variables(LayerBodies.GRADIENTS), instructions);
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

    /** One optimizer step on what this rank keeps; updated weights go back to the ranks that share them. */
    Body update() {
        var instructions = new ArrayList<Instruction>();
        for (ParameterBlock block : blocks) {
            IndexExpr weights = IndexExpr.variable(LayerBodies.WEIGHTS + block.suffix());
            if (settings.beside().optimizer()) {
                instructions.addAll(updateBeside(block, weights));
            } else {
                instructions.add(updateOf(block, weights, IndexExpr.variable(OPTIMIZER + block.suffix())));
            }
            if (settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.PARAMETERS)) {
                instructions.add(gather(block, weights));
            }
        }
        var variables = new ArrayList<>(variables(LayerBodies.WEIGHTS));
        variables.addAll(variables(LayerBodies.GRADIENTS));
        variables.addAll(variables(OPTIMIZER));
        if (settings.beside().optimizer()) {
            variables.add(BodyBuilder.SCRATCH);
        }
        return new Body(name + "_update", Activity.UPDATE, variables, instructions);
    }

    /** The optimizer's state comes into the arena and goes back. */
    private List<Instruction> updateBeside(ParameterBlock block, IndexExpr weights) {
        IndexExpr near = IndexExpr.variable(BodyBuilder.SCRATCH);
        ElementType state = settings.precision().state();
        TensorType type =
                LayerBodies.flat(state, BlockMemory.of(block, settings).optimizer() / state.bytes());
        Buffer window = new Buffer("optimizer_state", type, MemoryPart.WORKSPACE, near);
        Buffer beside = new Buffer(
                "optimizer_beside", type, MemoryPart.OPTIMIZER, IndexExpr.variable(OPTIMIZER + block.suffix()));
        Decision.Tier tier = settings.beside().tier();
        return List.of(
                new Instruction.Allocate(window),
                new Instruction.Move(window, beside, true, tier),
                updateOf(block, weights, near),
                new Instruction.Move(window, beside, false, tier),
                new Instruction.Free(window));
    }

    /** @param first where the first moments lie, with the rest of the optimizer's state behind them */
    private Instruction updateOf(ParameterBlock block, IndexExpr weights, IndexExpr first) {
        Precision precision = settings.precision();
        long kept = BlockMemory.kept(block, settings, Shard.OPTIMIZER);
        IndexExpr gradients = IndexExpr.variable(LayerBodies.GRADIENTS + block.suffix());
        IndexExpr second = first.plus(kept * precision.state().bytes());
        IndexExpr master = second.plus(kept * precision.state().bytes());
        boolean wholeWeights = settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.PARAMETERS);
        boolean wholeGradients = settings.shards(block, Shard.OPTIMIZER) && !settings.shards(block, Shard.GRADIENTS);
        return new Instruction.Update(
                precision,
                wholeWeights ? chunkOf(block, weights, precision.compute().bytes()) : weights,
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
