package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.PipelineOrder;
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
     * @param travel from the end of a pass until its message is there
     */
    record PassTimes(double[] start, double[][] forward, double[][] backward, double travel) {}

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
        int passes = microbatches * chunks;
        int[] next = new int[stages];
        int[] warmup = new int[stages];
        for (int stage = 0; stage < stages; stage++) {
            warmup[stage] = new PipelineOrder(schedule, stages, chunks, microbatches, stage).warmup();
        }
        int left = 2 * passes * stages;
        while (left > 0) {
            int before = left;
            for (int stage = 0; stage < stages; stage++) {
                while (next[stage] < 2 * passes && advance(stage, next[stage], warmup[stage], passes)) {
                    next[stage]++;
                    left--;
                }
            }
            if (left == before) {
                throw new IllegalStateException("schedule " + schedule + " of " + stages + " stages, " + chunks
                        + " chunks and " + microbatches + " micro-batches waits forever");
            }
        }
        return clock;
    }

    /** Runs the {@code index}-th pass of a stage if what it waits for is there. */
    private boolean advance(int stage, int index, int warmup, int passes) {
        boolean steady = index >= warmup && index < 2 * passes - warmup;
        boolean forward = index < warmup || (steady && (index - warmup) % 2 == 0);
        int number;
        if (forward) {
            number = index < warmup ? index : warmup + (index - warmup) / 2;
        } else {
            number = steady ? (index - warmup) / 2 : index - passes;
        }
        int microbatch = chunks == 1 ? number : number / (stages * chunks) * stages + number % stages;
        int inGroup = chunks == 1 ? 0 : number % (stages * chunks) / stages;
        return forward ? forward(stage, inGroup, microbatch) : backward(stage, chunks - 1 - inGroup, microbatch);
    }

    private boolean forward(int stage, int chunk, int microbatch) {
        int virtual = chunk * stages + stage;
        double ready = 0;
        if (virtual > 0) {
            double sent = forwardEnd[virtual - 1][microbatch];
            if (sent < 0) {
                return false;
            }
            ready = sent + times.travel();
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
            ready = sent + times.travel();
        }
        clock[stage] = Math.max(clock[stage], ready) + times.backward()[stage][chunk];
        backwardEnd[virtual][microbatch] = clock[stage];
        return true;
    }
}
