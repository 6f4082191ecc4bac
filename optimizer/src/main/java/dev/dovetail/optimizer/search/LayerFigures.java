package dev.dovetail.optimizer.search;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.optimizer.lower.LoweredLayer;

/**
 * Time and memory of one layer on one rank; the numbers that every plan with the same settings shares.
 *
 * @param accumulate the part of {@code backward} that adds gradients to those of earlier micro-batches
 */
public record LayerFigures(
        Work forward,
        Work backward,
        Work accumulate,
        Work reduce,
        Work update,
        long saved,
        long weights,
        long gradients,
        long optimizer,
        long forwardScratch,
        long backwardScratch) {

    /** Seconds by what a rank is busy with. */
    public record Work(double compute, double tensor, double data) {
        static final Work NONE = new Work(0, 0, 0);

        public double total() {
            return compute + tensor + data;
        }

        Work plus(Work other) {
            return plus(other, 1);
        }

        Work plus(Work other, int count) {
            return new Work(compute + count * other.compute, tensor + count * other.tensor, data + count * other.data);
        }
    }

    /** Forward and backward passes alone, without adding gradients up and without what follows once a step. */
    LayerFigures leastPasses() {
        return new LayerFigures(
                forward,
                backward.plus(accumulate, -1),
                Work.NONE,
                Work.NONE,
                Work.NONE,
                saved,
                weights,
                gradients,
                optimizer,
                forwardScratch,
                backwardScratch);
    }

    static LayerFigures of(LoweredLayer layer, InstructionCost cost, RankClass rank) {
        return new LayerFigures(
                work(layer.forwardBody().body(), cost, rank),
                work(layer.backwardBody().body(), cost, rank),
                accumulation(layer.backwardBody().body(), cost, rank),
                work(layer.reduceBody(), cost, rank),
                work(layer.updateBody(), cost, rank),
                layer.savedBytes(),
                layer.weightBytes(),
                layer.gradientBytes(),
                layer.optimizerBytes(),
                layer.forwardBody().scratchBytes(),
                layer.backwardBody().scratchBytes());
    }

    private static Work work(Body body, InstructionCost cost, RankClass rank) {
        Work sum = Work.NONE;
        for (Instruction instruction : body.instructions()) {
            sum = sum.plus(work(instruction, cost, rank));
        }
        return sum;
    }

    static Work work(Instruction instruction, InstructionCost cost, RankClass rank) {
        return switch (instruction) {
            case Instruction.Exchange e -> new Work(0, seconds(cost, rank, e), 0);
            case Instruction.FlatExchange f
            when f.axis().equals(MeshShape.DATA) -> new Work(0, 0, seconds(cost, rank, f));
            case Instruction.FlatExchange f -> new Work(0, seconds(cost, rank, f), 0);
            case Instruction.TiedReduce t -> new Work(0, 0, seconds(cost, rank, t));
            case Instruction.Allocate a -> Work.NONE;
            case Instruction.Free f -> Work.NONE;
            case Instruction.Deliver d -> Work.NONE;
            case Instruction.Compute c -> new Work(seconds(cost, rank, c), 0, 0);
            case Instruction.Send s -> new Work(seconds(cost, rank, s), 0, 0);
            case Instruction.Receive r -> new Work(seconds(cost, rank, r), 0, 0);
            case Instruction.Load l -> new Work(seconds(cost, rank, l), 0, 0);
            case Instruction.RecordLoss r -> new Work(seconds(cost, rank, r), 0, 0);
            case Instruction.Zero z -> new Work(seconds(cost, rank, z), 0, 0);
            case Instruction.Update u -> new Work(seconds(cost, rank, u), 0, 0);
        };
    }

    private static double seconds(InstructionCost cost, RankClass rank, Instruction instruction) {
        return cost.seconds(rank, instruction).value();
    }

    private static Work accumulation(Body body, InstructionCost cost, RankClass rank) {
        Work sum = Work.NONE;
        for (Instruction instruction : body.instructions()) {
            if (instruction instanceof Instruction.Compute c
                    && c.results().getFirst().part() == MemoryPart.GRADIENTS) {
                sum = sum.plus(work(c, cost, rank));
            }
        }
        return sum;
    }
}
