package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import dev.dovetail.optimizer.search.StepModel.Sharing;
import java.util.List;
import java.util.function.DoublePredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The least a step takes however its layers are split over the stages: of every inequality that a stage with a share of the
 * work obeys, the split that makes the worst stage best. Seconds.
 *
 * @param totals layers of each kind in the model: embedding first, head last
 * @param figures of the layers on each stage, for each way to recompute that is open, the least work first
 * @param least the same, of the nodes that are fastest for each
 * @param room bytes of each stage for layers between embedding and head
 * @param perLayer bytes that a layer takes, by mode and stage
 */
record AnySplit(
        Schedule schedule,
        int stages,
        int chunks,
        int microbatches,
        int[] totals,
        ByStage<List<LayerFigures[]>> figures,
        List<LayerFigures[]> least,
        Messages messages,
        StepEnds ends,
        Engine.Traffic traffic,
        double[] room,
        List<double[]> perLayer) {
    /** How far a time that is too short may be below one that may do, relative: a bound need not be sharper. */
    private static final double SHARPNESS = 1e-4;

    /** How far beyond the time that the work takes alone is looked first, relative. */
    private static final double FIRST_LOOK = 0.05;

    /** Seconds in which stages take all the layers that they have room for. */
    private static final double LONGER_THAN_ANY = 1e30;

    static AnySplit of(
            Schedule schedule,
            int stages,
            int chunks,
            int microbatches,
            int[] totals,
            ByStage<List<LayerFigures[]>> figures,
            Messages messages,
            StepEnds ends,
            Engine.Traffic traffic,
            double[] room,
            List<double[]> perLayer) {
        return new AnySplit(
                schedule,
                stages,
                chunks,
                microbatches,
                totals,
                figures,
                figures.used().stream().reduce(LayerFigures::shorter).orElseThrow(),
                messages,
                ends,
                traffic,
                room,
                perLayer);
    }

    private StagePlacement placement() {
        return StagePlacement.of(schedule, stages, chunks);
    }

    /** In the way to recompute with the least work. */
    private LayerFigures[] fastest() {
        return least.getFirst();
    }

    /** Compute and exchanges of all stages together over a step, without what messages take. */
    Work work() {
        Work sum = Work.NONE;
        LayerFigures[] layers = fastest();
        for (int kind = 0; kind < layers.length; kind++) {
            LayerFigures layer = layers[kind];
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
        LayerFigures[] layers = fastest();
        for (int kind = 0; kind < layers.length; kind++) {
            gradients += totals[kind] * layers[kind].gradients();
        }
        long all = gradients;
        return IntStream.range(0, figures.nodes().isEmpty() ? 1 : stages)
                .mapToDouble(stage -> ends.zero().seconds(stage, all))
                .min()
                .orElseThrow();
    }

    double communicating() {
        return work().tensor() + work().data();
    }

    /** Infinite where the stages have no room for all layers, whatever these compute again. */
    double leastSeconds(Sharing sharing) {
        return leastSeconds(sharing, seconds -> false);
    }

    /** @param out whether a bound says enough, so that none that is sharper is looked for */
    double leastSeconds(Sharing sharing, DoublePredicate out) {
        double boundaries = placement().crossings();
        int crossings = LayerFigures.leastCrossings(fastest());
        double handling =
                crossings * microbatches * boundaries * messages.least().handling();
        double all = work().total() + zeroing() + handling;
        double spread = all * sharing.replicas() / sharing.atOnce();
        return new Race(boundaries).least(spread, out);
    }

    /** How fast stages can be if each takes as many whole layers as it can in a given time. */
    private final class Race {
        /** The stage that has the head. */
        private final int last = placement().last();

        private final Layer embedding = layer(figures.at(0).getFirst()[0]);
        private final Layer head = layer(figures.at(last).getFirst()[fastest().length - 1]);
        /** By mode. */
        private final ByStage<Layer[]> leanest = figures.map(byMode -> byMode.stream()
                .map(LayerFigures::leanest)
                .map(AnySplit.this::layer)
                .toArray(Layer[]::new));
        /** By mode: seconds that one more layer takes a stage, all micro-batches together. */
        private final ByStage<double[]> working = leanest.map(byMode -> slopes(byMode, this::working));
        /** The same by stage, beside the way of one micro-batch there and back. */
        private final double[][] beside = new double[stages][];
        /** How much longer a stage's devices take for any layer than the fastest of all, at least. */
        private final ByStage<Double> slower = figures.map(byMode -> slower(byMode.getFirst()));

        private final int blocks = blocks();
        private final int[] smallest = smallestChunks();
        private final int[] forwardsBeside = new int[stages];
        private final int[] weightsBefore = new int[stages];
        private final double once;
        /** Seconds that the layers between embedding and head keep all stages together busy. */
        private final double busy;

        Race(double boundaries) {
            double passing = 0;
            for (int kind = 1; kind < fastest().length - 1; kind++) {
                Layer layer = layer(fastest()[kind]);
                passing += totals[kind] * (microbatches * layer.work() + layer.finish());
            }
            this.busy = passing;
            Message message = messages.least();
            double sum = boundaries * 2 * (message.handling() + message.flight());
            for (int kind = 0; kind < fastest().length; kind++) {
                sum += totals[kind] * (layer(fastest()[kind]).way());
            }
            this.once = sum;
            for (int stage = 0; stage < stages && turnsRound(); stage++) {
                var order = new PipelineOrder(schedule, stages, chunks, microbatches, stage);
                forwardsBeside[stage] = chunks == 1 ? order.forwardsBesideOneWay() : 0;
                weightsBefore[stage] = chunks == 1 ? order.weightsBeforeLastBackward() : 0;
                int here = stage;
                beside[stage] = slopes(leanest.at(stage), layer -> beside(here, layer));
            }
        }

        private static double[] slopes(Layer[] byMode, ToDoubleFunction<Layer> slope) {
            double[] slopes = new double[byMode.length];
            for (int mode = 0; mode < slopes.length; mode++) {
                slopes[mode] = slope.applyAsDouble(byMode[mode]);
            }
            return slopes;
        }

        private double working(Layer layer) {
            return microbatches * layer.work() + layer.finish();
        }

        private double beside(int stage, Layer layer) {
            return (microbatches - 1) * layer.backward()
                    + forwardsBeside[stage] * layer.forward()
                    + weightsBefore[stage] * layer.weights();
        }

        /** Whether stages do something beside the way of one micro-batch that is known to be theirs. */
        private boolean turnsRound() {
            return chunks == 1 && microbatches > 1;
        }

        /** Of all stages together, relative to one on the fastest nodes. */
        private double speed() {
            return IntStream.range(0, stages)
                    .mapToDouble(stage -> 1 / slower.at(stage))
                    .sum();
        }

        /** Of all kinds of layer the one that it is least slow at. */
        private double slower(LayerFigures[] here) {
            double least = Double.POSITIVE_INFINITY;
            for (int kind = 1; kind < here.length - 1; kind++) {
                Layer layer = layer(here[kind]);
                Layer quickest = layer(fastest()[kind]);
                double once = microbatches * quickest.work() + quickest.finish();
                least = Math.min(least, (microbatches * layer.work() + layer.finish()) / once);
            }
            return figures.nodes().isEmpty() ? 1 : least;
        }

        /**
         * @param spread seconds that no split goes below
         * @param out whether a bound says enough
         */
        double least(double spread, DoublePredicate out) {
            double ends = microbatches * (embedding.work() + head.work()) + embedding.finish() + head.finish();
            double from = Math.max(spread, figures.nodes().isEmpty() ? (busy + ends) / stages : busy / speed());
            if (out.test(from) || enough(from)) {
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
                if (out.test(tooShort)) {
                    return tooShort;
                }
                ahead *= 2;
                most += ahead;
            }
            while (most - tooShort > SHARPNESS * most) {
                double middle = (tooShort + most) / 2;
                if (enough(middle)) {
                    most = middle;
                } else {
                    tooShort = middle;
                    if (out.test(tooShort)) {
                        return tooShort;
                    }
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
                Layer fixed = fixed(stage);
                spare += Math.max(0, seconds - entered - microbatches * fixed.work() - fixed.finish())
                        / slower.at(stage);
                entered += stage == 0 ? embedding.forward() : 0;
                double layers = Math.min(fillingUp(seconds, before, stage, fixed), turningRound(seconds, stage, fixed));
                if (layers < 0) {
                    return false;
                }
                int taken = (int) Math.min(left, Math.floor(layers + 1e-9));
                left -= taken;
                Layer least = leanest.at(stage)[0];
                before += chunks == 1
                        ? fixed.forward() + taken * least.forward()
                        : smallest[stage] * (schedule.splitsBackward() ? least.forward() : least.work());
            }
            return left <= 0 && spare >= busy * (1 - 1e-12);
        }

        private Layer fixed(int stage) {
            Layer first = stage == 0 ? embedding : Layer.NONE;
            return stage == last ? first.plus(head) : first;
        }

        /**
         * A stage begins when the first micro-batch has passed the stages before it, works off all of them and updates.
         * Of several chunks only the first of an earlier stage stands before it, and behind it where gradients of weights do not wait.
         */
        private double fillingUp(double seconds, double before, int stage, Layer fixed) {
            double left = seconds - before - microbatches * fixed.work() - fixed.finish();
            return most(left, stage, working.at(stage));
        }

        /**
         * Layers that find time and memory, each in the way to recompute that suits: a linear program of two rows, of whose
         * best points one mixes at most two ways.
         *
         * @param slopes seconds of a layer by way
         */
        private double most(double left, int stage, double[] slopes) {
            if (left < 0 || room[stage] < 0) {
                return -1;
            }
            double inTime = left / slopes[0];
            double most = room[stage] / perLayer.getFirst()[stage];
            if (inTime <= most) {
                return inTime;
            }
            for (int one = 1; one < slopes.length; one++) {
                double slowly = slopes[one];
                double bytes = perLayer.get(one)[stage];
                most = Math.max(most, Math.min(left / slowly, room[stage] / bytes));
                for (int other = 0; other < one; other++) {
                    double faster = slopes[other];
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
            if (!turnsRound()) {
                return chunks > 1 || seconds >= once ? Integer.MAX_VALUE : -1;
            }
            return most(seconds - once - beside(stage, fixed), stage, beside[stage]);
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
