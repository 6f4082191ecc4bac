package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.engine.Engine;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.StagePlacement;
import dev.dovetail.optimizer.search.LayerFigures.Work;
import dev.dovetail.optimizer.search.StepTimeline.PassTimes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One step of a plan in numbers. Seconds, in arrays, since the search goes through hundreds of thousands of these.
 *
 * @param work of the layers of all stages together, apart for each kind of node where stages are on several
 * @param start by stage: setting gradients to zero
 * @param forward by stage and chunk, receiving and sending included
 * @param weights by stage and chunk: gradients of weights, where they have a pass of their own
 * @param reduce by stage, once a step
 * @param update by stage, once a step
 * @param nodes by stage, its kind of node, from 1; empty where all are alike
 * @param flights by stage: what a message to the next stage is on its way, or back
 */
public record StepModel(
        Schedule schedule,
        int microbatches,
        List<Work> work,
        List<Integer> nodes,
        double[] start,
        double[][] forward,
        double[][] backward,
        double[][] weights,
        double[] reduce,
        double[] update,
        double tied,
        double[] flights) {

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
            ByStage<LayerFigures[]> figures,
            Messages messages,
            StepEnds ends,
            Engine.Traffic traffic) {
        int stages = shares.stages();
        var model = new StepModel(
                schedule,
                microbatches,
                work(shares, figures, microbatches),
                figures.nodes(),
                new double[stages],
                new double[stages][shares.chunks()],
                new double[stages][shares.chunks()],
                new double[stages][shares.chunks()],
                new double[stages],
                new double[stages],
                ends.tied(),
                messages.flights(stages));
        for (int stage = 0; stage < stages; stage++) {
            model.add(shares, stage, figures.at(stage));
        }
        model.hide(shares, figures, traffic);
        model.addEnds(shares, figures.any(), messages, ends);
        return model;
    }

    /** Gradients reduced beside the last backward pass, weights gathered beside the first forward pass. */
    private void hide(StageShares shares, ByStage<LayerFigures[]> figures, Engine.Traffic traffic) {
        for (int stage = 0; stage < forward.length; stage++) {
            LayerFigures[] here = figures.at(stage);
            double gathering = 0;
            for (int kind = 0; kind < here.length; kind++) {
                gathering += shares.onStage(stage, kind) * here[kind].update().data();
            }
            if (traffic.hidesGradients()) {
                double last = sum(backward[stage]) + sum(weights[stage]);
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

    private static List<Work> work(StageShares shares, ByStage<LayerFigures[]> figures, int microbatches) {
        if (figures.nodes().isEmpty()) {
            return List.of(total(shares.totals(), figures.any(), microbatches));
        }
        var work = new ArrayList<Work>();
        for (int nodes = 1; nodes <= figures.kinds().size(); nodes++) {
            int[] totals = new int[figures.any().length];
            for (int stage = 0; stage < shares.stages(); stage++) {
                for (int kind = 0; kind < totals.length && figures.nodes().get(stage) == nodes; kind++) {
                    totals[kind] += shares.onStage(stage, kind);
                }
            }
            work.add(total(totals, figures.kinds().get(nodes - 1), microbatches));
        }
        return work;
    }

    private static Work total(int[] totals, LayerFigures[] figures, int microbatches) {
        Work sum = Work.NONE;
        for (int kind = 0; kind < figures.length; kind++) {
            int count = totals[kind];
            sum = sum.plus(figures[kind].forward(), count * microbatches)
                    .plus(figures[kind].gradientPasses(), count * microbatches)
                    .plus(figures[kind].reduce(), count)
                    .plus(figures[kind].update(), count);
        }
        return sum;
    }

    private void add(StageShares shares, int stage, LayerFigures[] figures) {
        for (int kind = 0; kind < figures.length; kind++) {
            LayerFigures layer = figures[kind];
            double forwardSeconds = layer.forward().total();
            double backwardSeconds = layer.backward().total();
            double weightSeconds = layer.weightPass().total();
            double reduceSeconds = layer.reduce().total();
            double updateSeconds = layer.update().total();
            for (int chunk = 0; chunk < forward[stage].length; chunk++) {
                int count = shares.counts()[stage][chunk][kind];
                forward[stage][chunk] += count * forwardSeconds;
                backward[stage][chunk] += count * backwardSeconds;
                weights[stage][chunk] += count * weightSeconds;
                reduce[stage] += count * reduceSeconds;
                update[stage] += count * updateSeconds;
            }
        }
    }

    private void addEnds(StageShares shares, LayerFigures[] figures, Messages messages, StepEnds ends) {
        boolean[][] flows = flowsBack();
        StagePlacement placement = shares.placement();
        for (int stage = 0; stage < forward.length; stage++) {
            long gradients = 0;
            for (int kind = 0; kind < figures.length; kind++) {
                gradients += shares.onStage(stage, kind) * figures[kind].gradients();
            }
            start[stage] = ends.zero().seconds(stage, gradients);
            for (int chunk = 0; chunk < forward[stage].length; chunk++) {
                int virtual = placement.virtual(stage, chunk);
                boolean first = virtual == 0;
                boolean last = virtual == placement.virtualStages() - 1;
                Message before = first ? Message.NONE : messages.behind(placement, virtual - 1);
                Message behind = last ? Message.NONE : messages.behind(placement, virtual);
                forward[stage][chunk] += before.receive() + behind.send();
                backward[stage][chunk] += (last || !flows[stage][chunk] ? 0 : behind.receive())
                        + (first || !flowsBefore(flows, placement, virtual) ? 0 : before.send());
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

    private static boolean flowsBefore(boolean[][] flows, StagePlacement placement, int virtual) {
        return flows[placement.stage(virtual - 1)][placement.chunk(virtual - 1)];
    }

    /** Seconds that all stages on one kind of node compute together, or all stages where nodes are alike. */
    double computing(int kind) {
        double zeroing = 0;
        for (int stage = 0; stage < start.length; stage++) {
            zeroing += nodes.isEmpty() || nodes.get(stage) == kind + 1 ? start[stage] : 0;
        }
        boolean ties = lastHolder() == 0 && (nodes.isEmpty() || nodes.getFirst() == kind + 1);
        return work.get(kind).compute() + zeroing + (ties ? tied : 0);
    }

    /** Seconds that they exchange tensors along the tensor and data axes. */
    double communicating(int kind) {
        return work.get(kind).tensor() + work.get(kind).data();
    }

    /** The stage that has the head. */
    private int lastHolder() {
        return StagePlacement.of(schedule, stages(), chunks()).last();
    }

    public int stages() {
        return forward.length;
    }

    public int chunks() {
        return forward[0].length;
    }

    /** Seconds of passes on a stage, without waiting. */
    private double passes(int stage) {
        double sum = sum(weights[stage]);
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
        double behindFirst = behindLast(0);
        for (int stage = 0; stage < stages(); stage++) {
            double back = stage > 0 ? after + behindFirst + finish(0) - behindLast(stage) : 0;
            least = Math.max(least, Math.max(start[stage], before) + passes(stage) + Math.max(finish(stage), back));
            before = Math.max(before, start[stage]) + forward[stage][0] + flights[stage];
            after += backward[stage][0] + flights[stage];
        }
        return least;
    }

    /** Seconds of a stage's passes that follow its last backward pass. */
    private double behindLast(int stage) {
        double behind = 0;
        for (int chunk = 0; chunk < chunks(); chunk++) {
            double each = weights[stage][chunk];
            behind += each == 0 ? 0 : order(stage).weightsAfterLastBackward(chunk) * each;
        }
        return behind;
    }

    /** The step itself: the longest path through its passes. */
    public double seconds() {
        double[] ends =
                StepTimeline.ends(new PassTimes(start, forward, backward, weights, flights), schedule, microbatches);
        int last = lastHolder();
        for (int stage = 0; stage < stages(); stage++) {
            ends[stage] += reduce[stage];
        }
        if (tied > 0) {
            double met = Math.max(ends[0], ends[last]);
            ends[0] = met + tied;
            ends[last] = met + tied;
        }
        double step = 0;
        for (int stage = 0; stage < stages(); stage++) {
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
