package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.InstructionCost;
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
        boolean gradients = setting.shards(Shard.GRADIENTS);
        boolean readsAgain = !layer.backward().graph().parameters().isEmpty();
        Work forward = alone.forward();
        Work backward = alone.backward();
        Work reduce = gradients ? Work.NONE : alone.reduce();
        Work update = Work.NONE;
        long wholes = 0;
        for (ParameterBlock block : layer.blocks()) {
            long elements = block.elements();
            Work gather = setting.shards(Shard.PARAMETERS) ? gather(elements) : Work.NONE;
            forward = forward.plus(gather);
            backward = backward.plus(readsAgain ? gather : Work.NONE);
            if (gradients) {
                backward =
                        backward.plus(exchange(Kind.REDUCE_SCATTER, precision().gradient(), elements));
                wholes += elements * precision().gradient().bytes();
            } else {
                boolean scatters = setting.shards(Shard.OPTIMIZER);
                Kind kind = scatters ? Kind.REDUCE_SCATTER : Kind.ALL_REDUCE;
                reduce = reduce.plus(exchange(kind, precision().gradient(), elements));
            }
            update = update.plus(updateOf(elements));
        }
        backward = gradients ? backward.plus(alone.accumulate(), -1).plus(alone.reduce()) : backward;
        return new LayerFigures(
                forward,
                backward,
                Work.NONE,
                reduce,
                update,
                alone.saved(),
                share(alone.weights(), Shard.PARAMETERS),
                share(alone.gradients(), Shard.GRADIENTS),
                share(alone.optimizer(), Shard.OPTIMIZER),
                alone.forwardScratch(),
                gradients ? wholes : alone.backwardScratch());
    }

    private long share(long bytes, Shard state) {
        return setting.shards(state) ? bytes / setting.dataRanks() : bytes;
    }

    private Work gather(long elements) {
        return exchange(Kind.ALL_GATHER, precision().compute(), elements);
    }

    private Work exchange(Kind kind, ElementType element, long elements) {
        return work(new Instruction.FlatExchange(
                kind,
                MeshShape.DATA,
                setting.dataRanks(),
                element,
                MemoryPart.GRADIENTS,
                ANYWHERE,
                ANYWHERE,
                elements));
    }

    private Work updateOf(long elements) {
        boolean shares = setting.shards(Shard.OPTIMIZER);
        var update = new Instruction.Update(
                precision(),
                ANYWHERE,
                ANYWHERE,
                ANYWHERE,
                ANYWHERE,
                precision().hasMaster() ? Optional.of(ANYWHERE) : Optional.empty(),
                shares ? elements / setting.dataRanks() : elements);
        boolean gathers = shares && !setting.shards(Shard.PARAMETERS);
        return work(update).plus(gathers ? gather(elements) : Work.NONE);
    }

    private Work work(Instruction instruction) {
        return LayerFigures.work(instruction, cost, LayerFigureCache.ANY_RANK);
    }

    /** Seconds to set {@code bytes} of gradients to zero. */
    double zero(long bytes) {
        ElementType element = precision().gradient();
        return work(new Instruction.Zero(MemoryPart.GRADIENTS, element, ANYWHERE, bytes / element.bytes()))
                .total();
    }

    /** Seconds to add up the gradients of a table that embedding and head share; 0 where none is shared. */
    double tied(LoweredLayer head, int stages) {
        double sum = 0;
        for (ParameterBlock block : head.blocks()) {
            if (!block.suffix().isEmpty()) {
                long kept = setting.shards(Shard.OPTIMIZER) ? block.elements() / setting.dataRanks() : block.elements();
                for (Instruction instruction : tiedSum(kept, stages)) {
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
