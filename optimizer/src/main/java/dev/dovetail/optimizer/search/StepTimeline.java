package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.PipelineOrder.Kind;
import dev.dovetail.optimizer.lower.PipelineOrder.Stretch;
import java.util.ArrayList;
import java.util.Arrays;

/**
 * When each pass of each stage ends: the longest path through the schedule, messages included. One replica and one tensor rank
 * stand for all, since all do the same. Seconds throughout.
 */
final class StepTimeline {
    private static final Kind[] KINDS = Kind.values();

    private final PassTimes times;
    private final Schedule schedule;
    private final int microbatches;
    private final int stages;
    private final int chunks;
    private final double[][] forwardEnd;
    private final double[][] backwardEnd;
    private final double[] clock;

    private StepTimeline(PassTimes times, Schedule schedule, int microbatches) {
        this.times = times;
        this.schedule = schedule;
        this.microbatches = microbatches;
        this.stages = times.forward().length;
        this.chunks = times.forward()[0].length;
        this.forwardEnd = new double[stages * chunks][microbatches];
        this.backwardEnd = new double[stages * chunks][microbatches];
        this.clock = times.start().clone();
    }

    /**
     * What passes take.
     *
     * @param start by stage: when its first pass can begin
     * @param forward by stage and chunk, sending and receiving included
     * @param weights by stage: gradients of weights, where they have a pass of their own
     * @param travel by stage: from the end of a pass until its message is at the next stage, or back from there
     */
    record PassTimes(double[] start, double[][] forward, double[][] backward, double[] weights, double[] travel) {}

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
        private int kind;

        Cursor(int stage) {
            this.stage = stage;
            this.stretches = new PipelineOrder(schedule, stages, chunks, microbatches, stage)
                    .stretches()
                    .toArray(Stretch[]::new);
            skip();
        }

        boolean isDone() {
            return stretch == stretches.length;
        }

        Kind kind() {
            return KINDS[kind];
        }

        int number() {
            return stretches[stretch].first(kind()) + turn;
        }

        void next() {
            kind++;
            skip();
        }

        /** To the next kind of pass that the stretch has, the next turn or the next stretch. */
        private void skip() {
            while (!isDone()) {
                Stretch here = stretches[stretch];
                while (kind < KINDS.length && here.first(KINDS[kind]) == Stretch.NONE) {
                    kind++;
                }
                if (kind < KINDS.length) {
                    return;
                }
                kind = 0;
                turn++;
                if (turn == here.turns()) {
                    turn = 0;
                    stretch++;
                }
            }
        }
    }

    /** Runs a stage's next pass if what it waits for is there. */
    private boolean advance(Cursor next) {
        int number = next.number();
        int microbatch = chunks == 1 ? number : number / (stages * chunks) * stages + number % stages;
        int inGroup = chunks == 1 ? 0 : number % (stages * chunks) / stages;
        return switch (next.kind()) {
            case FORWARD -> forward(next.stage, inGroup, microbatch);
            case BACKWARD -> backward(next.stage, chunks - 1 - inGroup, microbatch);
            case WEIGHT_GRADIENTS -> {
                clock[next.stage] += times.weights()[next.stage];
                yield true;
            }
        };
    }

    private boolean forward(int stage, int chunk, int microbatch) {
        int virtual = chunk * stages + stage;
        double ready = 0;
        if (virtual > 0) {
            double sent = forwardEnd[virtual - 1][microbatch];
            if (sent < 0) {
                return false;
            }
            ready = sent + times.travel()[stage == 0 ? stages - 1 : stage - 1];
        }
        clock[stage] = Math.max(clock[stage], ready) + times.forward()[stage][chunk];
        forwardEnd[virtual][microbatch] = clock[stage];
        return true;
    }

    private boolean backward(int stage, int chunk, int microbatch) {
        int virtual = chunk * stages + stage;
        double ready = 0;
        if (virtual < stages * chunks - 1) {
            double sent = backwardEnd[virtual + 1][microbatch];
            if (sent < 0) {
                return false;
            }
            ready = sent + times.travel()[stage];
        }
        clock[stage] = Math.max(clock[stage], ready) + times.backward()[stage][chunk];
        backwardEnd[virtual][microbatch] = clock[stage];
        return true;
    }
}
