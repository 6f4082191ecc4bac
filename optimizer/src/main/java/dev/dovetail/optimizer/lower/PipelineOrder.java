package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * In which order a stage runs the passes of its micro-batches: GPipe (Huang et al. 2019, arXiv:1811.06965), 1F1B (Narayanan et
 * al. 2019, PipeDream-Flush), interleaved 1F1B (Narayanan et al. 2021, arXiv:2104.04473), and the two handcrafted schedules
 * ZB-H1 and ZB-H2 of Zero Bubble Pipeline Parallelism (Qi et al. 2023, arXiv:2401.10241), which put the gradients of weights
 * where a stage would wait.
 *
 * <p>Passes of a kind are numbered 0 to {@code microbatches · chunks}; {@link #chunk} and {@link #microbatch} say which pass a
 * number is.
 */
public record PipelineOrder(Decision.Schedule schedule, int stages, int chunks, int microbatches, int stage) {

    /** What a pass computes. */
    public enum Kind {
        FORWARD,
        /** Gradients flow back, and those of weights too where no pass of their own makes them. */
        BACKWARD,
        WEIGHT_GRADIENTS
    }

    /** One pass over one chunk of layers. */
    public record Pass(Kind kind, int chunk, int microbatch) {}

    /**
     * Turns of a loop, each of which runs the next pass of some kinds.
     *
     * @param forward number of the forward pass that the first turn runs; {@link #NONE} where turns run none
     * @param backward likewise
     * @param weights likewise
     */
    public record Stretch(String name, int turns, int forward, int backward, int weights) {
        public static final int NONE = -1;

        /** The number of the first turn's pass of a kind. */
        public int first(Kind kind) {
            return switch (kind) {
                case FORWARD -> forward;
                case BACKWARD -> backward;
                case WEIGHT_GRADIENTS -> weights;
            };
        }

        List<Kind> kinds() {
            return IntStream.range(0, Kind.values().length)
                    .mapToObj(i -> Kind.values()[i])
                    .filter(kind -> first(kind) != NONE)
                    .toList();
        }
    }

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
            case ONE_F_ONE_B, ZB_H1 -> Math.min(stages - stage - 1, passes());
            case INTERLEAVED -> Math.min((stages - stage - 1) * 2 + (chunks - 1) * stages, passes());
            case ZB_H2 -> Math.min((stages - stage - 1) * 2, passes());
        };
    }

    /**
     * Backward passes between that of a micro-batch and the gradients of its weights: so many that every stage has as many
     * micro-batches alive.
     */
    private int delay() {
        return switch (schedule) {
            case GPIPE, ONE_F_ONE_B, INTERLEAVED -> 0;
            case ZB_H1 -> Math.min(stage, passes());
            case ZB_H2 -> Math.min(2 * stage, passes());
        };
    }

    /** Of each chunk, micro-batches alive at most. */
    public Live[] live() {
        int[] counts = new int[chunks];
        for (int pass = 0; pass < Math.min(warmup() + 1, passes()); pass++) {
            counts[chunks == 1 ? 0 : pass % (stages * chunks) / stages]++;
        }
        Live[] live = new Live[chunks];
        for (int chunk = 0; chunk < chunks; chunk++) {
            live[chunk] = chunks == 1 ? alive() : Live.untilBackward(counts[chunk]);
        }
        return live;
    }

    /** Micro-batches alive at once of every chunk at least: those of the last, whose first forward passes come last. */
    public Live aliveOfEach() {
        int passes = Math.min(warmup() + 1, passes());
        int round = stages * chunks;
        int last = passes / round * stages + Math.max(0, passes % round - (chunks - 1) * stages);
        return chunks == 1 ? alive() : Live.untilBackward(last);
    }

    /** Passes alive at once over all chunks, which keep something each. */
    public Live alive() {
        int atFirstBackward = Math.min(warmup() + 1, passes());
        return schedule.splitsBackward()
                ? new Live(atFirstBackward, Math.min(warmup() + delay() + 1, passes()), Math.min(delay() + 1, passes()))
                : Live.untilBackward(atFirstBackward);
    }

    /**
     * Forward passes that this stage runs beside the way of one micro-batch through all stages and back, at least: GPipe turns
     * round once, so all others; else those after the first backward pass.
     */
    public int forwardsBesideOneWay() {
        return schedule == Decision.Schedule.GPIPE ? passes() - 1 : passes() - Math.min(warmup() + 1, passes());
    }

    /** Passes for the gradients of weights that come before the last backward pass. */
    public int weightsBeforeLastBackward() {
        return schedule.splitsBackward() ? Math.max(0, passes() - 1 - delay()) : 0;
    }

    /** The passes of the stage as loops, one after the other. */
    public List<Stretch> stretches() {
        int warmup = warmup();
        int steady = passes() - warmup;
        var row = new ArrayList<Stretch>();
        if (warmup > 0) {
            row.add(new Stretch("warmup", warmup, 0, Stretch.NONE, Stretch.NONE));
        }
        int[] ends = {0, steady, Math.min(delay(), passes()), passes()};
        Arrays.sort(ends);
        for (int i = 1; i < ends.length; i++) {
            int from = ends[i - 1];
            if (from == ends[i]) {
                continue;
            }
            boolean forward = from < steady;
            boolean weights = schedule.splitsBackward() && from >= delay();
            row.add(new Stretch(
                    forward ? "steady" : "drain",
                    ends[i] - from,
                    forward ? from + warmup : Stretch.NONE,
                    from,
                    weights ? from - delay() : Stretch.NONE));
        }
        if (delay() > 0) {
            row.add(new Stretch("rest", delay(), Stretch.NONE, Stretch.NONE, passes() - delay()));
        }
        return row;
    }

    /** The chunk of forward pass {@code number}; other passes take the chunks from the last to the first. */
    private IndexExpr chunk(IndexExpr number, Kind kind) {
        IndexExpr chunk = number.remainder((long) stages * chunks).dividedBy(stages);
        return chunks == 1
                ? IndexExpr.of(0)
                : kind == Kind.FORWARD ? chunk : IndexExpr.of(chunks - 1).plus(chunk.times(-1));
    }

    private IndexExpr microbatch(IndexExpr number) {
        return chunks == 1
                ? number
                : number.dividedBy((long) stages * chunks).times(stages).plus(number.remainder(stages));
    }

    /** The passes of a stage as loops. */
    Schedule loops(PassWriter writer) {
        return Schedule.sequence(
                stretches().stream().map(stretch -> loop(writer, stretch)).toList());
    }

    /** Every forward pass in order, as held-out text is run. */
    Schedule forwardLoop(PassWriter writer) {
        return loop(writer, new Stretch("pass", passes(), 0, Stretch.NONE, Stretch.NONE));
    }

    private Schedule loop(PassWriter writer, Stretch stretch) {
        IndexExpr turn = IndexExpr.variable(stretch.name());
        List<Schedule> turns = stretch.kinds().stream()
                .map(kind -> pass(writer, turn.plus(stretch.first(kind)), kind))
                .toList();
        return new Schedule.Repeat(stretch.name(), stretch.turns(), Schedule.sequence(turns));
    }

    /** Writes what a pass over a chunk does. */
    interface PassWriter {
        Schedule write(Kind kind, int chunk, IndexExpr microbatch);
    }

    private Schedule pass(PassWriter writer, IndexExpr number, Kind kind) {
        IndexExpr microbatch = IndexExpr.variable(LayerBodies.MICROBATCH);
        var cases = new ArrayList<Schedule>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            cases.add(writer.write(kind, chunk, microbatch));
        }
        Schedule chosen = cases.size() == 1 ? cases.getFirst() : new Schedule.Choose(chunk(number, kind), cases);
        return new Schedule.Let(LayerBodies.MICROBATCH, microbatch(number), chosen);
    }

    /** Every pass of the stage, in order. */
    public List<Pass> passesInOrder() {
        var order = new ArrayList<Pass>();
        for (Stretch stretch : stretches()) {
            List<Kind> kinds = stretch.kinds();
            for (int turn = 0; turn < stretch.turns(); turn++) {
                for (Kind kind : kinds) {
                    order.add(numbered(stretch.first(kind) + turn, kind));
                }
            }
        }
        return order;
    }

    private Pass numbered(int number, Kind kind) {
        if (chunks == 1) {
            return new Pass(kind, 0, number);
        }
        int chunk = number % (stages * chunks) / stages;
        int microbatch = number / (stages * chunks) * stages + number % stages;
        return new Pass(kind, kind == Kind.FORWARD ? chunk : chunks - 1 - chunk, microbatch);
    }
}
