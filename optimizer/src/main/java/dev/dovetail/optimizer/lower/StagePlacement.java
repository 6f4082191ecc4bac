package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decisions;

/**
 * Which rank of a pipeline runs which virtual stage: round after round from the first rank to the last, or, in the shape of a
 * V, there and back, so that the first rank has both ends of the model and the last hands on to itself.
 */
public record StagePlacement(int stages, int chunks, boolean isV) {

    public StagePlacement {
        if (isV && chunks != 2) {
            throw new IllegalArgumentException("a V has two chunks a rank, not " + chunks);
        }
    }

    public static StagePlacement of(Schedule schedule, int stages, int chunks) {
        return new StagePlacement(stages, chunks, schedule.isV());
    }

    public static StagePlacement of(Decisions decisions) {
        return of(
                decisions.get(Decision.SCHEDULE), decisions.get(Decision.PIPELINE), decisions.get(Decision.INTERLEAVE));
    }

    public int virtualStages() {
        return stages * chunks;
    }

    /** The virtual stage that is a rank's chunk. */
    public int virtual(int stage, int chunk) {
        return isV && chunk == 1 ? virtualStages() - 1 - stage : chunk * stages + stage;
    }

    /** The rank of a virtual stage. */
    public int stage(int virtual) {
        return isV && virtual >= stages ? virtualStages() - 1 - virtual : virtual % stages;
    }

    /** Which of its rank's chunks a virtual stage is. */
    public int chunk(int virtual) {
        return virtual / stages;
    }

    /** The rank that has the head. */
    public int last() {
        return stage(virtualStages() - 1);
    }

    /** Ranks along the pipeline axis from a virtual stage to the next; none where a rank hands on to itself. */
    int distance(int virtual) {
        return isV ? stage(virtual + 1) - stage(virtual) : 1;
    }

    /** Hand-overs of one micro-batch from rank to rank. */
    public int crossings() {
        return virtualStages() - (isV ? 2 : 1);
    }
}
