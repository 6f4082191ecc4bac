package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * In which order a stage runs the forward and backward passes of its micro-batches: GPipe (Huang et al. 2019,
 * arXiv:1811.06965), 1F1B (Narayanan et al. 2019, PipeDream-Flush) and interleaved 1F1B (Narayanan et al. 2021,
 * arXiv:2104.04473).
 *
 * <p>Passes are numbered 0 to {@code microbatches · chunks}; {@link #chunk} and {@link #microbatch} say which pass a number is.
 */
public record PipelineOrder(Decision.Schedule schedule, int stages, int chunks, int microbatches, int stage) {

    /** One pass over one chunk of layers. */
    public record Pass(boolean forward, int chunk, int microbatch) {}

    public PipelineOrder {
        if (chunks > 1 && microbatches % stages != 0) {
            throw new IllegalArgumentException(
                    microbatches + " micro-batches do not come in groups of " + stages + " pipeline stages");
        }
    }

    /** Whether chunk {@code chunk} of this stage is followed by another virtual stage. */
    boolean sendsForward(int chunk) {
        return !(stage == stages - 1 && chunk == chunks - 1);
    }

    /** Whether chunk {@code chunk} of this stage follows another virtual stage. */
    boolean receivesForward(int chunk) {
        return !(stage == 0 && chunk == 0);
    }

    private int passes() {
        return microbatches * chunks;
    }

    /** Forward passes before the first backward pass, less the one that is paired with it. */
    public int warmup() {
        return switch (schedule) {
            case GPIPE -> passes();
            case ONE_F_ONE_B -> Math.min(stages - stage - 1, passes());
            case INTERLEAVED -> Math.min((stages - stage - 1) * 2 + (chunks - 1) * stages, passes());
        };
    }

    /** Micro-batches alive in each chunk when the first backward pass begins: no fewer passes together than ever after. */
    public int[] live() {
        int[] live = new int[chunks];
        for (int pass = 0; pass < Math.min(warmup() + 1, passes()); pass++) {
            live[chunks == 1 ? 0 : pass % (stages * chunks) / stages]++;
        }
        return live;
    }

    /** The chunk of forward pass {@code number}; backward passes take the chunks from the last to the first. */
    private IndexExpr chunk(IndexExpr number, boolean forward) {
        IndexExpr chunk = number.remainder((long) stages * chunks).dividedBy(stages);
        return chunks == 1
                ? IndexExpr.of(0)
                : forward ? chunk : IndexExpr.of(chunks - 1).plus(chunk.times(-1));
    }

    private IndexExpr microbatch(IndexExpr number) {
        return chunks == 1
                ? number
                : number.dividedBy((long) stages * chunks).times(stages).plus(number.remainder(stages));
    }

    /** The passes of a stage as loops. */
    Schedule loops(PassWriter writer) {
        int warmup = warmup();
        int steady = passes() - warmup;
        var parts = new ArrayList<Schedule>();
        if (warmup > 0) {
            parts.add(repeat("warmup", warmup, i -> pass(writer, i, true)));
        }
        if (steady > 0) {
            parts.add(repeat(
                    "steady",
                    steady,
                    i -> Schedule.sequence(List.of(pass(writer, i.plus(warmup), true), pass(writer, i, false)))));
        }
        if (warmup > 0) {
            parts.add(repeat("drain", warmup, i -> pass(writer, i.plus(steady), false)));
        }
        return Schedule.sequence(parts);
    }

    /** Every forward pass in order, as held-out text is run. */
    Schedule forwardLoop(PassWriter writer) {
        return repeat("pass", passes(), i -> pass(writer, i, true));
    }

    private static Schedule repeat(String variable, int count, Function<IndexExpr, Schedule> body) {
        return new Schedule.Repeat(variable, count, body.apply(IndexExpr.variable(variable)));
    }

    /** Writes what a pass over a chunk does. */
    interface PassWriter {
        Schedule write(boolean forward, int chunk, IndexExpr microbatch);
    }

    private Schedule pass(PassWriter writer, IndexExpr number, boolean forward) {
        IndexExpr microbatch = IndexExpr.variable(LayerBodies.MICROBATCH);
        var cases = new ArrayList<Schedule>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            cases.add(writer.write(forward, chunk, microbatch));
        }
        Schedule chosen = cases.size() == 1 ? cases.getFirst() : new Schedule.Choose(chunk(number, forward), cases);
        return new Schedule.Let(LayerBodies.MICROBATCH, microbatch(number), chosen);
    }

    /** Every pass of the stage, in order. */
    public List<Pass> passesInOrder() {
        int warmup = warmup();
        var order = new ArrayList<Pass>();
        for (int i = 0; i < warmup; i++) {
            order.add(numbered(i, true));
        }
        for (int i = 0; i < passes() - warmup; i++) {
            order.add(numbered(warmup + i, true));
            order.add(numbered(i, false));
        }
        for (int i = passes() - warmup; i < passes(); i++) {
            order.add(numbered(i, false));
        }
        return order;
    }

    private Pass numbered(int number, boolean forward) {
        if (chunks == 1) {
            return new Pass(forward, 0, number);
        }
        int chunk = number % (stages * chunks) / stages;
        int microbatch = number / (stages * chunks) * stages + number % stages;
        return new Pass(forward, forward ? chunk : chunks - 1 - chunk, microbatch);
    }
}
