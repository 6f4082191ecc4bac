package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.PipelineOrder.Kind;
import dev.dovetail.optimizer.lower.PipelineOrder.Step;
import dev.dovetail.optimizer.lower.PipelineOrder.Stretch;
import dev.dovetail.optimizer.lower.StagePlacement;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * When each pass of each stage ends: the longest path through the schedule, messages included. One replica and one tensor rank
 * stand for all, since all do the same. Seconds throughout.
 */
final class StepTimeline {
    private final PassTimes times;
    private final Schedule schedule;
    private final int microbatches;
    private final int stages;
    private final int chunks;
    private final StagePlacement placement;
    private final double[][] forwardEnd;
    private final double[][] backwardEnd;
    private final double[] clock;

    private StepTimeline(PassTimes times, Schedule schedule, int microbatches) {
        this.times = times;
        this.schedule = schedule;
        this.microbatches = microbatches;
        this.stages = times.forward().length;
        this.chunks = times.forward()[0].length;
        this.placement = StagePlacement.of(schedule, stages, chunks);
        this.forwardEnd = new double[stages * chunks][microbatches];
        this.backwardEnd = new double[stages * chunks][microbatches];
        this.clock = times.start().clone();
    }

    /**
     * What passes take.
     *
     * @param start by stage: when its first pass can begin
     * @param forward by stage and chunk, sending and receiving included
     * @param weights by stage and chunk: gradients of weights, where they have a pass of their own
     * @param travel by stage: from the end of a pass until its message is at the next stage, or back from there
     */
    record PassTimes(double[] start, double[][] forward, double[][] backward, double[][] weights, double[] travel) {}

    /** When the last pass of each stage ends. */
    static double[] ends(PassTimes times, Schedule schedule, int microbatches) {
        return new StepTimeline(times, schedule, microbatches).run();
    }

    private double[] run() {
        for (double[] row : forwardEnd) {
            Arrays.fill(row, -1);
        }
        for (double[] row : backwardEnd) {
            Arrays.fill(row, -1);
        }
        var cursors = new ArrayList<Cursor>();
        for (int stage = 0; stage < stages; stage++) {
            cursors.add(new Cursor(stage));
        }
        boolean unfinished = true;
        while (unfinished) {
            unfinished = false;
            boolean proceeds = false;
            for (Cursor cursor : cursors) {
                while (!cursor.isDone() && advance(cursor)) {
                    cursor.next();
                    proceeds = true;
                }
                unfinished |= !cursor.isDone();
            }
            if (unfinished && !proceeds) {
                throw new IllegalStateException("schedule " + schedule + " of " + stages + " stages, " + chunks
                        + " chunks and " + microbatches + " micro-batches waits forever");
            }
        }
        return clock;
    }

    /** The pass that a stage runs next. */
    private final class Cursor {
        private final int stage;
        private final Stretch[] stretches;
        private int stretch;
        private int turn;
        private int step;

        Cursor(int stage) {
            this.stage = stage;
            this.stretches = new PipelineOrder(schedule, stages, chunks, microbatches, stage)
                    .stretches()
                    .toArray(Stretch[]::new);
        }

        boolean isDone() {
            return stretch == stretches.length;
        }

        Step step() {
            return stretches[stretch].steps().get(step);
        }

        int number() {
            return step().number(turn);
        }

        /** To the next step of a turn, the next turn or the next stretch. */
        void next() {
            step++;
            if (step == stretches[stretch].steps().size()) {
                step = 0;
                turn++;
                if (turn == stretches[stretch].turns()) {
                    turn = 0;
                    stretch++;
                }
            }
        }
    }

    /** Runs a stage's next pass if what it waits for is there. */
    private boolean advance(Cursor next) {
        Step step = next.step();
        int number = next.number();
        boolean inRounds = step.chunk() == Step.IN_ROUNDS;
        int round = stages * chunks;
        int microbatch = inRounds ? number / round * stages + number % stages : number;
        int inGroup = inRounds ? number % round / stages : step.chunk();
        int chunk = inRounds && step.kind() != Kind.FORWARD ? chunks - 1 - inGroup : inGroup;
        return switch (step.kind()) {
            case FORWARD -> forward(next.stage, chunk, microbatch);
            case BACKWARD -> backward(next.stage, chunk, microbatch);
            case WEIGHT_GRADIENTS -> {
                clock[next.stage] += times.weights()[next.stage][chunk];
                yield true;
            }
        };
    }

    /** From a virtual stage to the next, or back. */
    private double travel(int virtual) {
        int from = placement.stage(virtual);
        int to = placement.stage(virtual + 1);
        return from == to ? 0 : times.travel()[placement.isV() ? Math.min(from, to) : from];
    }

    private boolean forward(int stage, int chunk, int microbatch) {
        int virtual = placement.virtual(stage, chunk);
        double ready = 0;
        if (virtual > 0) {
            double sent = forwardEnd[virtual - 1][microbatch];
            if (sent < 0) {
                return false;
            }
            ready = sent + travel(virtual - 1);
        }
        clock[stage] = Math.max(clock[stage], ready) + times.forward()[stage][chunk];
        forwardEnd[virtual][microbatch] = clock[stage];
        return true;
    }

    private boolean backward(int stage, int chunk, int microbatch) {
        int virtual = placement.virtual(stage, chunk);
        double ready = 0;
        if (virtual < stages * chunks - 1) {
            double sent = backwardEnd[virtual + 1][microbatch];
            if (sent < 0) {
                return false;
            }
            ready = sent + travel(virtual);
        }
        clock[stage] = Math.max(clock[stage], ready) + times.backward()[stage][chunk];
        backwardEnd[virtual][microbatch] = clock[stage];
        return true;
    }
}
