package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.optimizer.lower.BackwardHalves;
import dev.dovetail.optimizer.lower.LayerSettings;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.lower.ParameterBlock;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What copies of a layer add to it: exchanges of gradients and weights, and shares of its state. Works from the layer on one
 * replica; padding of shares, which lowering adds, is left out, so nothing here overstates.
 */
record Replication(TrainJob job, Setting setting, InstructionCost cost) {
    private static final IndexExpr ANYWHERE = IndexExpr.of(0);

    private Precision precision() {
        return job.precision();
    }

    LayerFigures outlook(LoweredLayer layer, LayerFigures alone) {
        boolean waits = layer.halves().isPresent();
        boolean readsAgain = reads(layer.halves().map(BackwardHalves::first).orElse(layer.backward()));
        boolean readsLate = layer.halves().map(BackwardHalves::second).stream().anyMatch(Replication::reads);
        double ofWeights = spared(layer, Shard.PARAMETERS);
        double ofGradients = spared(layer, Shard.GRADIENTS);
        LayerFigures.StateMoves moves = alone.moves();
        Work forward = alone.forward().plus(moves.forward().times(-ofWeights));
        Work backward = alone.backward()
                .plus(moves.backward().times(-ofWeights))
                .plus(moves.gradients().times(-ofGradients));
        Work weightPass = alone.weightPass()
                .plus(moves.weightPass().times(-ofWeights))
                .plus(moves.lateGradients().times(-ofGradients));
        Work reduce = setting.shards(Shard.GRADIENTS) ? Work.NONE : alone.reduce();
        Work update = moves.update().times(1 - spared(layer, Shard.OPTIMIZER));
        long wholes = 0;
        Offload beside = setting.state().beside().what();
        for (ParameterBlock block : layer.blocks()) {
            long elements = block.elements();
            boolean gradients = shards(block, Shard.GRADIENTS);
            Work gather = shards(block, Shard.PARAMETERS) ? gather(block) : Work.NONE;
            forward = forward.plus(gather);
            backward = backward.plus(readsAgain ? gather : Work.NONE);
            weightPass = weightPass.plus(readsLate ? gather : Work.NONE);
            if (!block.trains()) {
                continue;
            }
            if (gradients) {
                Work scatter = exchange(block, Kind.REDUCE_SCATTER, precision().gradient());
                backward = backward.plus(waits ? Work.NONE : scatter);
                weightPass = weightPass.plus(waits ? scatter : Work.NONE);
                wholes += elements * precision().gradient().bytes();
            } else {
                boolean scatters = shards(block, Shard.OPTIMIZER);
                Kind kind = scatters ? Kind.REDUCE_SCATTER : Kind.ALL_REDUCE;
                reduce = reduce.plus(exchange(block, kind, precision().gradient()));
            }
            reduce = reduce.plus(exchangeOfGroups(block));
            update = update.plus(updateOf(block));
        }
        boolean gradients = setting.shards(Shard.GRADIENTS);
        if (gradients) {
            backward = backward.plus(alone.accumulate(), -1).plus(waits ? Work.NONE : alone.reduce());
            weightPass = weightPass.plus(alone.lateAccumulate(), -1).plus(waits ? alone.reduce() : Work.NONE);
        }
        return new LayerFigures(
                forward,
                backward,
                weightPass,
                Work.NONE,
                Work.NONE,
                LayerFigures.StateMoves.NONE,
                reduce,
                update,
                alone.saved(),
                beside.weights()
                        ? 0
                        : kept(layer, Shard.PARAMETERS) * precision().compute().bytes(),
                layer.nearGradientBytes() == 0
                        ? 0
                        : kept(layer, Shard.GRADIENTS) * precision().gradient().bytes(),
                beside.optimizer()
                        ? 0
                        : kept(layer, Shard.OPTIMIZER) * precision().optimizerBytes(),
                alone.forwardScratch(),
                gradients ? wholes : alone.backwardScratch());
    }

    /** What a rank need not move of state that it has a share of: of the blocks, the one of which it has least stands for all. */
    private double spared(LoweredLayer layer, Shard state) {
        return layer.blocks().stream()
                .mapToDouble(block -> 1 - (double) kept(block, state) / block.elements())
                .max()
                .orElse(0);
    }

    private static boolean reads(LocalGraph pass) {
        return !pass.graph().parameters().isEmpty();
    }

    /** Ranks that hold copies of the block, which is the layer's on one replica here. */
    private int ranks(ParameterBlock block) {
        return copies(block).ranks();
    }

    private ParameterBlock.Copies copies(ParameterBlock block) {
        String axis = block.copies().axis();
        int some = Math.max(1, setting.dataRanks() / setting.experts().ranks());
        return axis.equals(MeshShape.EXPERT_DATA)
                ? new ParameterBlock.Copies(axis, some, 1)
                : LayerSettings.copies(setting.dataRanks(), setting.group());
    }

    /** Between groups of ranks that keep the same shards. */
    private Work exchangeOfGroups(ParameterBlock block) {
        int groups = copies(block).groups();
        return groups == 1
                ? Work.NONE
                : work(new Instruction.FlatExchange(
                        Kind.ALL_REDUCE,
                        MeshShape.SHARD_DATA,
                        groups,
                        precision().gradient(),
                        MemoryPart.GRADIENTS,
                        ANYWHERE,
                        ANYWHERE,
                        kept(block, Shard.OPTIMIZER)));
    }

    private boolean shards(ParameterBlock block, Shard state) {
        return setting.shards(state) && ranks(block) > 1;
    }

    private long kept(ParameterBlock block, Shard state) {
        return shards(block, state) ? block.elements() / ranks(block) : block.elements();
    }

    private long kept(LoweredLayer layer, Shard state) {
        return layer.blocks().stream().mapToLong(block -> kept(block, state)).sum();
    }

    private Work gather(ParameterBlock block) {
        return exchange(block, Kind.ALL_GATHER, precision().compute());
    }

    private Work exchange(ParameterBlock block, Kind kind, ElementType element) {
        return ranks(block) == 1
                ? Work.NONE
                : work(new Instruction.FlatExchange(
                        kind,
                        copies(block).axis(),
                        ranks(block),
                        element,
                        MemoryPart.GRADIENTS,
                        ANYWHERE,
                        ANYWHERE,
                        block.elements()));
    }

    private Work updateOf(ParameterBlock block) {
        boolean shares = shards(block, Shard.OPTIMIZER);
        var update = new Instruction.Update(
                precision(),
                ANYWHERE,
                ANYWHERE,
                ANYWHERE,
                ANYWHERE,
                precision().hasMaster() ? Optional.of(ANYWHERE) : Optional.empty(),
                kept(block, Shard.OPTIMIZER));
        boolean gathers = shares && !shards(block, Shard.PARAMETERS);
        return work(update).plus(gathers ? gather(block) : Work.NONE);
    }

    private Work work(Instruction instruction) {
        return LayerFigures.work(instruction, cost, LayerFigureCache.ANY_RANK);
    }

    /** Seconds to set {@code bytes} of gradients to zero. */
    double zero(long bytes) {
        if (bytes == 0) {
            return 0;
        }
        ElementType element = precision().gradient();
        return work(new Instruction.Zero(MemoryPart.GRADIENTS, element, ANYWHERE, bytes / element.bytes()))
                .total();
    }

    /** Seconds to add up the gradients of a table that the embedding and {@code sharing} have; 0 where it has none. */
    double tied(LoweredLayer sharing, int stages) {
        double sum = 0;
        for (ParameterBlock block : sharing.blocks()) {
            if (block.isTied()) {
                for (Instruction instruction : tiedSum(kept(block, Shard.OPTIMIZER), stages)) {
                    sum += work(instruction).total();
                }
            }
        }
        return sum;
    }

    /** Between two stages an exchange; on a single one an addition and a copy. */
    private List<Instruction> tiedSum(long elements, int stages) {
        ElementType element = precision().gradient();
        if (stages > 1) {
            return List.of(new Instruction.TiedReduce(
                    List.of(0, stages - 1), element, MemoryPart.GRADIENTS, ANYWHERE, elements));
        }
        TensorType type = TensorType.of(element, Dim.of("flat", elements));
        Buffer copy = new Buffer("d_table", type, MemoryPart.GRADIENTS, ANYWHERE);
        var add = new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), type);
        var move = new MapOp(Scalars.arg(0), type);
        return List.of(
                new Instruction.Compute(add, List.of(copy, copy), List.of(copy), Map.of()),
                new Instruction.Compute(move, List.of(copy), List.of(copy), Map.of()));
    }
}
