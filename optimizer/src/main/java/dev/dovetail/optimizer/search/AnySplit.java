package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import dev.dovetail.optimizer.search.StepModel.Sharing;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The least a step takes however its layers are split over the stages: of every inequality that a stage with a share of the
 * work obeys, the split that makes the worst stage best. Seconds.
 *
 * @param totals layers of each kind in the model: embedding first, head last
 * @param byMode figures of the layers for each way to recompute that is open, the least work first
 * @param room bytes of each stage for layers between embedding and head
 * @param perLayer bytes that a layer takes, by mode and stage
 */
record AnySplit(
        Schedule schedule,
        int stages,
        int chunks,
        int microbatches,
        int[] totals,
        List<LayerFigures[]> byMode,
        Message message,
        StepEnds ends,
        Engine.Traffic traffic,
        double[] room,
        List<double[]> perLayer) {
    /** How far a time that is too short may be below one that may do, relative: a bound need not be sharper. */
    private static final double SHARPNESS = 1e-5;

    /** How far beyond the time that the work takes alone is looked first, relative. */
    private static final double FIRST_LOOK = 0.05;

    /** Seconds in which stages take all the layers that they have room for. */
    private static final double LONGER_THAN_ANY = 1e30;

    private LayerFigures[] figures() {
        return byMode.getFirst();
    }

    /** Compute and exchanges of all stages together over a step, without what messages take. */
    Work work() {
        Work sum = Work.NONE;
        LayerFigures[] figures = figures();
        for (int kind = 0; kind < figures.length; kind++) {
            LayerFigures layer = figures[kind];
            sum = sum.plus(layer.forward(), totals[kind] * microbatches)
                    .plus(layer.gradientPasses(), totals[kind] * microbatches)
                    .plus(layer.reduce(), totals[kind])
                    .plus(layer.update(), totals[kind]);
        }
        return sum;
    }

    double computing() {
        return work().compute() + zeroing();
    }

    private double zeroing() {
        long gradients = 0;
        LayerFigures[] figures = figures();
        for (int kind = 0; kind < figures.length; kind++) {
            gradients += totals[kind] * figures[kind].gradients();
        }
        return ends.zero().applyAsDouble(gradients);
    }

    double communicating() {
        return work().tensor() + work().data();
    }

    /** Infinite where the stages have no room for all layers, whatever these compute again. */
    double leastSeconds(Sharing sharing) {
        double boundaries = (double) stages * chunks - 1;
        int crossings = LayerFigures.leastCrossings(figures());
        double messages = crossings * microbatches * boundaries * (message.send() + message.receive());
        double all = work().total() + zeroing() + messages;
        double spread = all * sharing.replicas() / sharing.atOnce();
        return new Race(boundaries).least(spread);
    }

    /** How fast stages can be if each takes as many whole layers as it can in a given time. */
    private final class Race {
        private final Layer embedding = layer(figures()[0]);
        private final Layer head = layer(figures()[figures().length - 1]);
        private final List<Layer> leanest = byMode.stream()
                .map(LayerFigures::leanest)
                .map(AnySplit.this::layer)
                .toList();
        private final int blocks = blocks();
        private final int[] smallest = smallestChunks();
        private final int[] forwardsBeside = new int[stages];
        private final int[] weightsBefore = new int[stages];
        private final double once;
        /** Seconds that the layers between embedding and head keep all stages together busy. */
        private final double busy;

        Race(double boundaries) {
            double passing = 0;
            for (int kind = 1; kind < figures().length - 1; kind++) {
                Layer layer = layer(figures()[kind]);
                passing += totals[kind] * (microbatches * layer.work() + layer.finish());
            }
            this.busy = passing;
            double sum = boundaries * 2 * (message.send() + message.receive() + message.flight());
            for (int kind = 0; kind < figures().length; kind++) {
                sum += totals[kind] * (layer(figures()[kind]).way());
            }
            this.once = sum;
            for (int stage = 0; stage < stages; stage++) {
                var order = new PipelineOrder(schedule, stages, chunks, microbatches, stage);
                forwardsBeside[stage] = order.forwardsBesideOneWay();
                weightsBefore[stage] = order.weightsBeforeLastBackward();
            }
        }

        /** @param spread seconds that no split goes below */
        double least(double spread) {
            double ends = microbatches * (embedding.work() + head.work()) + embedding.finish() + head.finish();
            double from = Math.max(spread, (busy + ends) / stages);
            if (enough(from)) {
                return from;
            }
            if (!enough(LONGER_THAN_ANY)) {
                return Double.POSITIVE_INFINITY;
            }
            double tooShort = from;
            double ahead = from * FIRST_LOOK;
            double most = from + ahead;
            while (!enough(most)) {
                tooShort = most;
                ahead *= 2;
                most += ahead;
            }
            while (most - tooShort > SHARPNESS * most) {
                double middle = (tooShort + most) / 2;
                if (enough(middle)) {
                    most = middle;
                } else {
                    tooShort = middle;
                }
            }
            return tooShort;
        }

        /**
         * Whether the stages can hold all layers if none takes longer than {@code seconds}: as many, were all as lean as the
         * leanest, and as much work, were layers divisible.
         */
        private boolean enough(double seconds) {
            int left = blocks;
            double before = 0;
            double spare = 0;
            double entered = 0;
            for (int stage = 0; stage < stages; stage++) {
                Layer fixed = Layer.NONE;
                fixed = stage == 0 ? fixed.plus(embedding) : fixed;
                fixed = stage == stages - 1 ? fixed.plus(head) : fixed;
                spare += Math.max(0, seconds - entered - microbatches * fixed.work() - fixed.finish());
                entered += fixed.forward();
                double layers = Math.min(fillingUp(seconds, before, stage, fixed), turningRound(seconds, stage, fixed));
                if (layers < 0) {
                    return false;
                }
                int taken = (int) Math.min(left, Math.floor(layers + 1e-9));
                left -= taken;
                Layer least = leanest.getFirst();
                before += chunks == 1 ? fixed.forward() + taken * least.forward() : smallest[stage] * least.work();
            }
            return left <= 0 && spare >= busy * (1 - 1e-12);
        }

        /**
         * A stage begins when the first micro-batch has passed the stages before it, works off all of them and updates.
         * Interleaved, only the first chunk of an earlier stage stands before it and behind it.
         */
        private double fillingUp(double seconds, double before, int stage, Layer fixed) {
            double left = seconds - before - microbatches * fixed.work() - fixed.finish();
            return most(left, stage, layer -> microbatches * layer.work() + layer.finish());
        }

        /**
         * Layers that find time and memory, each in the way to recompute that suits: a linear program of two rows, of whose
         * best points one mixes at most two ways.
         */
        private double most(double left, int stage, ToDoubleFunction<Layer> slope) {
            if (left < 0 || room[stage] < 0) {
                return -1;
            }
            double inTime = left / slope.applyAsDouble(leanest.getFirst());
            double most = room[stage] / perLayer.getFirst()[stage];
            if (inTime <= most) {
                return inTime;
            }
            for (int one = 1; one < leanest.size(); one++) {
                double slowly = slope.applyAsDouble(leanest.get(one));
                double bytes = perLayer.get(one)[stage];
                most = Math.max(most, Math.min(left / slowly, room[stage] / bytes));
                for (int other = 0; other < one; other++) {
                    double faster = slope.applyAsDouble(leanest.get(other));
                    double more = perLayer.get(other)[stage];
                    double both = faster * bytes - slowly * more;
                    double first = (left * bytes - slowly * room[stage]) / both;
                    double second = (faster * room[stage] - left * more) / both;
                    if (first >= 0 && second >= 0) {
                        most = Math.max(most, first + second);
                    }
                }
            }
            return most;
        }

        /**
         * The last gradient returns to the first stage. GPipe: every stage runs all but one micro-batch beside the path of that
         * one. 1F1B: as many forward passes less as the stage runs ahead. Gradients of weights count where they come before.
         */
        private double turningRound(double seconds, int stage, Layer fixed) {
            if (chunks > 1 || microbatches == 1) {
                return chunks > 1 || seconds >= once ? Integer.MAX_VALUE : -1;
            }
            double forwards = forwardsBeside[stage];
            double late = weightsBefore[stage];
            ToDoubleFunction<Layer> beside = layer ->
                    (microbatches - 1) * layer.backward() + forwards * layer.forward() + late * layer.weights();
            return most(seconds - once - beside.applyAsDouble(fixed), stage, beside);
        }
    }

    /** What runs beside other work is left out of the finish. */
    private Layer layer(LayerFigures layer) {
        double reduce = layer.reduce().total()
                - (traffic.hidesGradients() ? layer.reduce().data() : 0);
        double update = layer.update().total()
                - (traffic.hidesWeights() ? layer.update().data() : 0);
        return new Layer(
                layer.forward().total(),
                layer.backward().total(),
                layer.weightPass().total(),
                reduce + update);
    }

    /** @param weights gradients of weights, where they have a pass of their own */
    private record Layer(double forward, double backward, double weights, double finish) {
        static final Layer NONE = new Layer(0, 0, 0, 0);

        double work() {
            return forward + backward + weights;
        }

        /** Of a micro-batch there and back. */
        double way() {
            return forward + backward;
        }

        Layer plus(Layer other) {
            return new Layer(
                    forward + other.forward, backward + other.backward, weights + other.weights, finish + other.finish);
        }
    }

    private int blocks() {
        int sum = 0;
        for (int kind = 1; kind < totals.length - 1; kind++) {
            sum += totals[kind];
        }
        return sum;
    }

    /** Layers that the smallest chunk of each stage has at least. */
    private int[] smallestChunks() {
        int[] smallest = new int[stages];
        for (int stage = 0; stage < stages && chunks > 1; stage++) {
            smallest[stage] = SplitFinder.smallestChunk(blocks(), stages, chunks, stage);
        }
        return smallest;
    }
}
