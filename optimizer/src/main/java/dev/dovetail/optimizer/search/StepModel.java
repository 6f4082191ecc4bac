package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import dev.dovetail.optimizer.search.StepTimeline.PassTimes;
import java.util.Arrays;

/**
 * One step of a plan in numbers. Seconds, in arrays, since the search goes through hundreds of thousands of these.
 *
 * @param work of the layers of all stages together
 * @param start by stage: setting gradients to zero
 * @param forward by stage and chunk, receiving and sending included
 * @param weights by stage: gradients of weights, where they have a pass of their own
 * @param reduce by stage, once a step
 * @param update by stage, once a step
 */
public record StepModel(
        Schedule schedule,
        int microbatches,
        Work work,
        double[] start,
        double[][] forward,
        double[][] backward,
        double[] weights,
        double[] reduce,
        double[] update,
        double tied,
        double flight) {

    /**
     * Ranks that share cores.
     *
     * @param atOnce ranks that run at full speed together
     * @param replicas ranks of each stage
     */
    record Sharing(double atOnce, int replicas) {
        /** Each rank has a device. */
        static final Sharing NONE = new Sharing(Double.POSITIVE_INFINITY, 1);
    }

    static StepModel of(
            Schedule schedule,
            int microbatches,
            StageShares shares,
            LayerFigures[] figures,
            Message message,
            StepEnds ends,
            Engine.Traffic traffic) {
        int stages = shares.stages();
        var model = new StepModel(
                schedule,
                microbatches,
                total(shares, figures, microbatches),
                new double[stages],
                new double[stages][shares.chunks()],
                new double[stages][shares.chunks()],
                new double[stages],
                new double[stages],
                new double[stages],
                ends.tied(),
                message.flight());
        for (int kind = 0; kind < figures.length; kind++) {
            model.add(shares, kind, figures[kind]);
        }
        model.hide(shares, figures, traffic);
        model.addEnds(shares, figures, message, ends);
        return model;
    }

    /** Gradients reduced beside the last backward pass, weights gathered beside the first forward pass. */
    private void hide(StageShares shares, LayerFigures[] figures, Engine.Traffic traffic) {
        for (int stage = 0; stage < forward.length; stage++) {
            double gathering = 0;
            for (int kind = 0; kind < figures.length; kind++) {
                gathering +=
                        shares.onStage(stage, kind) * figures[kind].update().data();
            }
            if (traffic.hidesGradients()) {
                double last = sum(backward[stage]) + weights[stage];
                reduce[stage] = beside(reduce[stage], last, traffic.exposed());
            }
            if (traffic.hidesWeights()) {
                update[stage] += beside(gathering, sum(forward[stage]), traffic.exposed()) - gathering;
            }
        }
    }

    private static double sum(double[] passes) {
        return Arrays.stream(passes).sum();
    }

    /** What is left of an exchange that runs beside so much else. */
    private static double beside(double exchange, double passes, double exposed) {
        return new Work(passes, 0, exchange).hidden(exposed).data();
    }

    private static Work total(StageShares shares, LayerFigures[] figures, int microbatches) {
        Work sum = Work.NONE;
        for (int kind = 0; kind < figures.length; kind++) {
            int count = shares.totals()[kind];
            sum = sum.plus(figures[kind].forward(), count * microbatches)
                    .plus(figures[kind].gradientPasses(), count * microbatches)
                    .plus(figures[kind].reduce(), count)
                    .plus(figures[kind].update(), count);
        }
        return sum;
    }

    private void add(StageShares shares, int kind, LayerFigures layer) {
        double forwardSeconds = layer.forward().total();
        double backwardSeconds = layer.backward().total();
        double weightSeconds = layer.weightPass().total();
        double reduceSeconds = layer.reduce().total();
        double updateSeconds = layer.update().total();
        for (int stage = 0; stage < forward.length; stage++) {
            for (int chunk = 0; chunk < forward[stage].length; chunk++) {
                int count = shares.counts()[stage][chunk][kind];
                forward[stage][chunk] += count * forwardSeconds;
                backward[stage][chunk] += count * backwardSeconds;
                weights[stage] += count * weightSeconds;
                reduce[stage] += count * reduceSeconds;
                update[stage] += count * updateSeconds;
            }
        }
    }

    private void addEnds(StageShares shares, LayerFigures[] figures, Message message, StepEnds ends) {
        boolean[][] flows = flowsBack();
        for (int stage = 0; stage < forward.length; stage++) {
            long gradients = 0;
            for (int kind = 0; kind < figures.length; kind++) {
                gradients += shares.onStage(stage, kind) * figures[kind].gradients();
            }
            start[stage] = ends.zero().applyAsDouble(gradients);
            for (int chunk = 0; chunk < forward[stage].length; chunk++) {
                boolean first = stage == 0 && chunk == 0;
                boolean last = stage == forward.length - 1 && chunk == forward[stage].length - 1;
                forward[stage][chunk] += (first ? 0 : message.receive()) + (last ? 0 : message.send());
                backward[stage][chunk] += (last || !flows[stage][chunk] ? 0 : message.receive())
                        + (first || !flowsBefore(flows, stage, chunk) ? 0 : message.send());
            }
        }
    }

    /** Whether a gradient flows back into a chunk: not where none of its layers trains, nor any before them. */
    private boolean[][] flowsBack() {
        boolean[][] flows = new boolean[backward.length][];
        for (int stage = 0; stage < backward.length; stage++) {
            flows[stage] = new boolean[backward[stage].length];
            for (int chunk = 0; chunk < flows[stage].length; chunk++) {
                flows[stage][chunk] = backward[stage][chunk] > 0;
            }
        }
        return flows;
    }

    private static boolean flowsBefore(boolean[][] flows, int stage, int chunk) {
        return stage > 0 ? flows[stage - 1][chunk] : flows[flows.length - 1][chunk - 1];
    }

    /** Seconds all stages together compute. */
    double computing() {
        double zeroing = 0;
        for (double seconds : start) {
            zeroing += seconds;
        }
        return work.compute() + zeroing + (stages() == 1 ? tied : 0);
    }

    /** Seconds all stages together exchange tensors along the tensor and data axes. */
    double communicating() {
        return work.tensor() + work.data();
    }

    public int stages() {
        return forward.length;
    }

    public int chunks() {
        return forward[0].length;
    }

    /** Seconds of passes on a stage, without waiting. */
    private double passes(int stage) {
        double sum = weights[stage];
        for (int chunk = 0; chunk < chunks(); chunk++) {
            sum += forward[stage][chunk] + backward[stage][chunk];
        }
        return microbatches * sum;
    }

    private double finish(int stage) {
        return reduce[stage] + update[stage];
    }

    /** No schedule takes less: ranks that share cores also take their work together's share of them. */
    double leastSeconds(Sharing sharing) {
        double all = 0;
        for (int stage = 0; stage < stages(); stage++) {
            all += start[stage] + passes(stage) + finish(stage);
        }
        return Math.max(leastPath(), all * sharing.replicas() / sharing.atOnce());
    }

    /**
     * No order of passes is shorter: the first micro-batch reaches stage s through the stages before it, stage s works off all
     * micro-batches, and the last one's gradient travels back through the same stages. Gradients of weights that the schedule
     * puts behind the last backward pass of stage s hold nobody up but the stage itself.
     */
    private double leastPath() {
        double least = 0;
        double before = 0;
        double after = 0;
        for (int stage = 0; stage < stages(); stage++) {
            double back = stage > 0 ? after + behindLast(0) + finish(0) - behindLast(stage) : 0;
            least = Math.max(least, Math.max(start[stage], before) + passes(stage) + Math.max(finish(stage), back));
            before = Math.max(before, start[stage]) + forward[stage][0] + flight;
            after += backward[stage][0] + flight;
        }
        return least;
    }

    /** Seconds of a stage's passes that follow its last backward pass. */
    private double behindLast(int stage) {
        return weights[stage] == 0 ? 0 : (microbatches - order(stage).weightsBeforeLastBackward()) * weights[stage];
    }

    /** The step itself: the longest path through its passes. */
    public double seconds() {
        double[] ends =
                StepTimeline.ends(new PassTimes(start, forward, backward, weights, flight), schedule, microbatches);
        int last = stages() - 1;
        for (int stage = 0; stage <= last; stage++) {
            ends[stage] += reduce[stage];
        }
        if (tied > 0) {
            double met = Math.max(ends[0], ends[last]);
            ends[0] = met + tied;
            ends[last] = met + tied;
        }
        double step = 0;
        for (int stage = 0; stage <= last; stage++) {
            step = Math.max(step, ends[stage] + update[stage]);
        }
        return step;
    }

    private PipelineOrder order(int stage) {
        return new PipelineOrder(schedule, stages(), chunks(), microbatches, stage);
    }

    /** Passes alive on a stage at once: micro-batches, counted once for each chunk that keeps them. */
    static Live live(Schedule schedule, int stages, int chunks, int microbatches, int stage) {
        return new PipelineOrder(schedule, stages, chunks, microbatches, stage).alive();
    }
}
