package dev.dovetail.optimizer.search;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.Kept;
import dev.dovetail.optimizer.lower.LoweredLayer;
import dev.dovetail.optimizer.lower.LoweredLayer.BodyWithScratch;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Time and memory of one layer on one rank; the numbers that every plan with the same settings shares.
 *
 * @param backward all of it, or its first half where {@code weightPass} is the second
 * @param weightPass products for the gradients of weights, where they wait for a pass of their own
 * @param accumulate the part of {@code backward} that adds gradients to those of earlier micro-batches
 * @param lateAccumulate the same of {@code weightPass}
 * @param moves the parts that move state between the arena and slower memory
 */
public record LayerFigures(
        Work forward,
        Work backward,
        Work weightPass,
        Work accumulate,
        Work lateAccumulate,
        StateMoves moves,
        Work reduce,
        Work update,
        Kept saved,
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

        /**
         * Traffic of the data axis beside the rest: what is longer than it shows, and kernels slow each other down.
         *
         * @param exposed share of the shorter of the two that is lost
         */
        Work hidden(double exposed) {
            double busy = compute + tensor;
            return new Work(compute, tensor, Math.max(0, data - busy) + exposed * Math.min(data, busy));
        }

        Work shorter(Work other) {
            return total() <= other.total() ? this : other;
        }

        Work plus(Work other) {
            return plus(other, 1);
        }

        /** A share of it. */
        Work times(double share) {
            return new Work(compute * share, tensor * share, data * share);
        }

        Work plus(Work other, int count) {
            return new Work(compute + count * other.compute, tensor + count * other.tensor, data + count * other.data);
        }
    }

    /**
     * Of each pass and of the update, what state takes to come into the arena and to go back.
     *
     * @param gradients of the backward pass, or its first half, where they are added to
     * @param lateGradients of its second half
     */
    public record StateMoves(
            Work forward, Work backward, Work weightPass, Work gradients, Work lateGradients, Work update) {
        static final StateMoves NONE = new StateMoves(Work.NONE, Work.NONE, Work.NONE, Work.NONE, Work.NONE, Work.NONE);

        StateMoves shorter(StateMoves other) {
            return new StateMoves(
                    forward.shorter(other.forward),
                    backward.shorter(other.backward),
                    weightPass.shorter(other.weightPass),
                    gradients.shorter(other.gradients),
                    lateGradients.shorter(other.lateGradients),
                    update.shorter(other.update));
        }

        /** Where each backward pass begins with the forward pass again. */
        StateMoves replaying(Work forwardAgain) {
            return new StateMoves(forward, backward.plus(forwardAgain), weightPass, gradients, lateGradients, update);
        }
    }

    /** All that comes after the forward pass of a micro-batch. */
    Work gradientPasses() {
        return backward.plus(weightPass);
    }

    /** The same layer where its backward pass begins with the whole forward pass, and then finds all it needs. */
    LayerFigures replaying(LayerFigures keeping) {
        return withPasses(
                forward,
                keeping.backward.plus(new Work(forward.compute, forward.tensor, 0)),
                keeping.weightPass,
                keeping.moving(keeping.moves.replaying(moves.forward)));
    }

    private LayerFigures moving(StateMoves others) {
        return new LayerFigures(
                forward,
                backward,
                weightPass,
                accumulate,
                lateAccumulate,
                others,
                reduce,
                update,
                saved,
                weights,
                gradients,
                optimizer,
                forwardScratch,
                backwardScratch);
    }

    /** The same layer where traffic of the data axis runs beside its passes. */
    LayerFigures hiding(Engine.Traffic traffic) {
        return withPasses(
                traffic.hidesWeights() ? forward.hidden(traffic.exposed()) : forward,
                traffic.hidesGradients() ? backward.hidden(traffic.exposed()) : backward,
                traffic.hidesGradients() ? weightPass.hidden(traffic.exposed()) : weightPass,
                this);
    }

    private LayerFigures withPasses(
            Work otherForward, Work otherBackward, Work otherWeightPass, LayerFigures accumulating) {
        return new LayerFigures(
                otherForward,
                otherBackward,
                otherWeightPass,
                accumulating.accumulate,
                accumulating.lateAccumulate,
                accumulating.moves,
                reduce,
                update,
                saved,
                weights,
                gradients,
                optimizer,
                forwardScratch,
                backwardScratch);
    }

    /** By kind of layer, the shorter of two kinds of node; both keep the same. */
    static LayerFigures[] shorter(LayerFigures[] one, LayerFigures[] other) {
        var least = new LayerFigures[one.length];
        for (int kind = 0; kind < least.length; kind++) {
            least[kind] = one[kind].leanest(other[kind]);
        }
        return least;
    }

    /** The same by mode. */
    static List<LayerFigures[]> shorter(List<LayerFigures[]> one, List<LayerFigures[]> other) {
        return IntStream.range(0, one.size())
                .mapToObj(mode -> shorter(one.get(mode), other.get(mode)))
                .toList();
    }

    /** Of all kinds between embedding and head, the least of each: what no layer goes below. */
    static LayerFigures leanest(LayerFigures[] kinds) {
        LayerFigures least = kinds[1];
        for (int kind = 2; kind < kinds.length - 1; kind++) {
            least = least.leanest(kinds[kind]);
        }
        return least;
    }

    /**
     * The figures of the last way to recompute with the least that any keeps: what one computes again before gradients of weights
     * wait is handed over, which may be more than another saves.
     *
     * @param byMode by mode and kind
     */
    static LayerFigures[] keepingLeast(List<LayerFigures[]> byMode) {
        LayerFigures[] kinds = byMode.getLast().clone();
        for (LayerFigures[] mode : byMode) {
            for (int kind = 0; kind < kinds.length; kind++) {
                kinds[kind] = kinds[kind].keeping(kinds[kind].saved.least(mode[kind].saved));
            }
        }
        return kinds;
    }

    private LayerFigures keeping(Kept otherSaved) {
        return new LayerFigures(
                forward,
                backward,
                weightPass,
                accumulate,
                lateAccumulate,
                moves,
                reduce,
                update,
                otherSaved,
                weights,
                gradients,
                optimizer,
                forwardScratch,
                backwardScratch);
    }

    private LayerFigures leanest(LayerFigures other) {
        return new LayerFigures(
                forward.shorter(other.forward),
                backward.shorter(other.backward),
                weightPass.shorter(other.weightPass),
                accumulate.shorter(other.accumulate),
                lateAccumulate.shorter(other.lateAccumulate),
                moves.shorter(other.moves),
                reduce.shorter(other.reduce),
                update.shorter(other.update),
                saved.least(other.saved),
                Math.min(weights, other.weights),
                Math.min(gradients, other.gradients),
                Math.min(optimizer, other.optimizer),
                Math.min(forwardScratch, other.forwardScratch),
                Math.min(backwardScratch, other.backwardScratch));
    }

    /** How often a stage boundary is crossed by a micro-batch at least: no gradient comes back to layers without a backward pass. */
    static int leastCrossings(LayerFigures[] kinds) {
        return leanest(kinds).backward.total() > 0 ? 2 : 1;
    }

    /** Bytes of weights, gradients and optimizer state. */
    long state() {
        return weights + gradients + optimizer;
    }

    /**
     * Forward and backward passes alone, without adding gradients up and without what follows once a step, but for state that
     * comes and goes.
     *
     * @param ways ranks that may come to share that, at most
     */
    LayerFigures leastPasses(int ways) {
        double spared = 1 - 1.0 / ways;
        return new LayerFigures(
                forward.plus(moves.forward.times(-spared)),
                backward.plus(accumulate, -1)
                        .plus(moves.backward.times(-spared))
                        .plus(moves.gradients.times(-spared)),
                weightPass
                        .plus(lateAccumulate, -1)
                        .plus(moves.weightPass.times(-spared))
                        .plus(moves.lateGradients.times(-spared)),
                Work.NONE,
                Work.NONE,
                StateMoves.NONE,
                Work.NONE,
                moves.update.times(1 - spared),
                saved,
                weights,
                gradients,
                optimizer,
                forwardScratch,
                backwardScratch);
    }

    static LayerFigures of(LoweredLayer layer, InstructionCost cost, RankClass rank) {
        Pass backward = Pass.of(layer.backwardBody().body(), cost, rank);
        Pass weights = layer.weightsBody()
                .map(pass -> Pass.of(pass.body(), cost, rank))
                .orElse(Pass.NONE);
        Pass forward = Pass.of(layer.forwardBody().body(), cost, rank);
        Pass update = Pass.of(layer.updateBody(), cost, rank);
        return new LayerFigures(
                forward.all(),
                backward.all(),
                weights.all(),
                backward.accumulate(),
                weights.accumulate(),
                new StateMoves(
                        forward.weights(),
                        backward.weights(),
                        weights.weights(),
                        backward.gradients(),
                        weights.gradients(),
                        update.moves()),
                Pass.of(layer.reduceBody(), cost, rank).all(),
                update.all(),
                layer.kept(),
                layer.nearWeightBytes(),
                layer.nearGradientBytes(),
                layer.nearOptimizerBytes(),
                layer.forwardBody().scratchBytes(),
                Math.max(
                        layer.backwardBody().scratchBytes(),
                        layer.weightsBody().map(BodyWithScratch::scratchBytes).orElse(0L)));
    }

    /**
     * What a body takes.
     *
     * @param accumulate of that, what adds gradients to those of earlier micro-batches
     * @param weights what moves weights between the arena and slower memory
     * @param gradients what moves gradients
     * @param moves what moves anything
     */
    private record Pass(Work all, Work accumulate, Work weights, Work gradients, Work moves) {
        static final Pass NONE = new Pass(Work.NONE, Work.NONE, Work.NONE, Work.NONE, Work.NONE);

        static Pass of(Body body, InstructionCost cost, RankClass rank) {
            double[] seconds = cost.seconds(rank, body.instructions());
            Pass sum = NONE;
            for (int i = 0; i < seconds.length; i++) {
                Instruction instruction = body.instructions().get(i);
                sum = sum.with(instruction, share(instruction, seconds[i]));
            }
            return sum;
        }

        private Pass with(Instruction instruction, Work work) {
            return new Pass(
                    all.plus(work),
                    accumulates(instruction) ? accumulate.plus(work) : accumulate,
                    moves(instruction, MemoryPart.PARAMETERS) ? weights.plus(work) : weights,
                    moves(instruction, MemoryPart.GRADIENTS) ? gradients.plus(work) : gradients,
                    instruction instanceof Instruction.Move ? moves.plus(work) : moves);
        }

        private static boolean accumulates(Instruction instruction) {
            return instruction instanceof Instruction.Compute c
                    && c.results().getFirst().part() == MemoryPart.GRADIENTS;
        }

        private static boolean moves(Instruction instruction, MemoryPart part) {
            return instruction instanceof Instruction.Move m && m.far().part() == part;
        }
    }

    static Work work(Instruction instruction, InstructionCost cost, RankClass rank) {
        return share(instruction, cost.seconds(rank, instruction).value());
    }

    private static Work share(Instruction instruction, double seconds) {
        return switch (instruction) {
            case Instruction.Exchange e -> new Work(0, seconds, 0);
            case Instruction.Begin b -> new Work(0, seconds, 0);
            case Instruction.Await a -> new Work(0, seconds, 0);
            case Instruction.FlatExchange f ->
                MeshShape.holdsCopies(f.axis()) ? new Work(0, 0, seconds) : new Work(0, seconds, 0);
            case Instruction.TiedReduce t -> new Work(0, 0, seconds);
            case Instruction.Allocate a -> Work.NONE;
            case Instruction.Free f -> Work.NONE;
            case Instruction.Deliver d -> Work.NONE;
            case Instruction.Compute c -> new Work(seconds, 0, 0);
            case Instruction.Send s -> new Work(seconds, 0, 0);
            case Instruction.Receive r -> new Work(seconds, 0, 0);
            case Instruction.Load l -> new Work(seconds, 0, 0);
            case Instruction.RecordLoss r -> new Work(seconds, 0, 0);
            case Instruction.Zero z -> new Work(seconds, 0, 0);
            case Instruction.Update u -> new Work(seconds, 0, 0);
            // The device waits for its host as it waits for its peers.
            case Instruction.Move m -> new Work(0, seconds, 0);
        };
    }
}
