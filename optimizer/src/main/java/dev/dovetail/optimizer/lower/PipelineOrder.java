package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * In which order a stage runs the passes of its micro-batches: GPipe (Huang et al. 2019, arXiv:1811.06965), 1F1B (Narayanan et
 * al. 2019, PipeDream-Flush), interleaved 1F1B (Narayanan et al. 2021, arXiv:2104.04473), the two handcrafted schedules
 * ZB-H1 and ZB-H2 of Zero Bubble Pipeline Parallelism (Qi et al. 2023, arXiv:2401.10241), which put the gradients of weights
 * where a stage would wait, and those of {@link VShapedOrder}.
 *
 * <p>Passes of a kind over one chunk are numbered as its micro-batches are. Interleaved, they are numbered 0 to {@code microbatches ·
 * chunks} over all chunks.
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
     * One pass of each turn of a loop.
     *
     * @param chunk the chunk it runs over; {@link #IN_ROUNDS} where passes visit all chunks in rounds, as their numbers say
     * @param first number of the pass of the first turn: of its kind, and of its chunk where that is given
     * @param stride by how much the number grows from turn to turn
     */
    public record Step(Kind kind, int chunk, int first, int stride) {
        public static final int IN_ROUNDS = -1;

        /** The same in turns that begin so many later. */
        Step after(int turns) {
            return new Step(kind, chunk, number(turns), stride);
        }

        /** The number of the pass of a turn. */
        public int number(int turn) {
            return first + turn * stride;
        }

        private IndexExpr number(IndexExpr turn) {
            return turn.times(stride).plus(first);
        }
    }

    /** Turns of a loop, each of which runs one pass after the other. */
    public record Stretch(String name, int turns, List<Step> steps) {
        public Stretch {
            steps = List.copyOf(steps);
        }
    }

    public PipelineOrder {
        if (schedule == Decision.Schedule.INTERLEAVED && chunks > 1 && microbatches % stages != 0) {
            throw new IllegalArgumentException(
                    microbatches + " micro-batches do not come in groups of " + stages + " pipeline stages");
        }
    }

    private StagePlacement placement() {
        return StagePlacement.of(schedule, stages, chunks);
    }

    /** Whether chunk {@code chunk} of this stage is followed by another virtual stage. */
    boolean sendsForward(int chunk) {
        return placement().virtual(stage, chunk) < stages * chunks - 1;
    }

    /** Whether chunk {@code chunk} of this stage follows another virtual stage. */
    boolean receivesForward(int chunk) {
        return placement().virtual(stage, chunk) > 0;
    }

    /** Ranks along the pipeline axis to the one that runs the next virtual stage, or from it to the one before. */
    int distanceBehind(int chunk) {
        return placement().distance(placement().virtual(stage, chunk));
    }

    int distanceBefore(int chunk) {
        return -placement().distance(placement().virtual(stage, chunk) - 1);
    }

    /** The chunk that the next virtual stage is on its rank, and the one before. */
    int chunkBehind(int chunk) {
        return placement().chunk(placement().virtual(stage, chunk) + 1);
    }

    int chunkBefore(int chunk) {
        return placement().chunk(placement().virtual(stage, chunk) - 1);
    }

    private int passes() {
        return microbatches * chunks;
    }

    /** Forward passes before the first backward pass, less the one that is paired with it. */
    private int warmup() {
        return switch (schedule) {
            case GPIPE -> passes();
            case ONE_F_ONE_B, ZB_H1 -> Math.min(stages - stage - 1, passes());
            case INTERLEAVED -> Math.min((stages - stage - 1) * 2 + (chunks - 1) * stages, passes());
            case ZB_H2 -> Math.min((stages - stage - 1) * 2, passes());
            case ZB_V, DUALPIPE_V -> throw new IllegalStateException(schedule + " is given by its passes");
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
            case ZB_V, DUALPIPE_V -> throw new IllegalStateException(schedule + " is given by its passes");
        };
    }

    /** Of each chunk, micro-batches alive at most. */
    public Live[] live() {
        if (schedule.isV()) {
            return VShapedLive.of(this).chunks();
        }
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

    /** Whether passes visit chunks in rounds, each forward pass but the first followed by one backward pass. */
    boolean inRounds() {
        return schedule == Decision.Schedule.INTERLEAVED;
    }

    /**
     * Micro-batches of one chunk alive at once at most, at any time: others count less when one counts most. Just before backward
     * pass {@code t} of the steady state {@code warmup + 1 + t} forward passes have run. What is alive of a chunk grows until the last of its
     * forward passes in a round, shrinks from the first of its backward passes on, and one round is as the next.
     */
    int mostInRounds(int chunk) {
        int round = stages * chunks;
        int ahead = Math.min(warmup() + 1, passes());
        int steady = passes() - ahead;
        int grown = Math.floorMod((chunk + 1) * stages - ahead, round);
        int shrinks = (chunks - 1 - chunk) * stages;
        int most = 0;
        for (int turn : new int[] {0, grown, shrinks, steady}) {
            int at = Math.min(turn, steady);
            most = Math.max(most, ran(ahead + at, chunk) - ran(at, chunks - 1 - chunk));
        }
        return most;
    }

    /** Of the first passes of a kind, those over the chunk that comes in a place of each round. */
    private int ran(int passes, int place) {
        int round = stages * chunks;
        return passes / round * stages + Math.clamp(passes % round - place * (long) stages, 0, stages);
    }

    /** Micro-batches alive at once of every chunk at least: those of the last, whose first forward passes come last. */
    public Live aliveOfEach() {
        if (schedule.isV()) {
            return VShapedLive.of(this).ofEach();
        }
        int passes = Math.min(warmup() + 1, passes());
        int round = stages * chunks;
        int last = passes / round * stages + Math.max(0, passes % round - (chunks - 1) * stages);
        return chunks == 1 ? alive() : Live.untilBackward(last);
    }

    /** Passes alive at once over all chunks, which keep something each. */
    public Live alive() {
        if (schedule.isV()) {
            return VShapedLive.of(this).all();
        }
        int atFirstBackward = Math.min(warmup() + 1, passes());
        return schedule.splitsBackward()
                ? new Live(atFirstBackward, Math.min(warmup() + delay() + 1, passes()), Math.min(delay() + 1, passes()))
                : Live.untilBackward(atFirstBackward);
    }

    /**
     * One chunk a rank: forward passes that this stage runs beside the way of one micro-batch through all stages and back, at least: GPipe turns
     * round once, so all others; else those after the first backward pass.
     */
    public int forwardsBesideOneWay() {
        return schedule == Decision.Schedule.GPIPE ? passes() - 1 : passes() - Math.min(warmup() + 1, passes());
    }

    /** One chunk a rank: passes for the gradients of weights that come before the last backward pass. */
    public int weightsBeforeLastBackward() {
        return schedule.splitsBackward() ? Math.max(0, passes() - 1 - delay()) : 0;
    }

    /** Of a chunk, passes for the gradients of weights that come after the last backward pass of all. */
    public int weightsAfterLastBackward(int chunk) {
        if (!schedule.isV()) {
            return schedule.splitsBackward() ? microbatches - weightsBeforeLastBackward() : 0;
        }
        int after = 0;
        for (Stretch stretch : stretches().reversed()) {
            int each = 0;
            for (Step step : stretch.steps().reversed()) {
                if (step.kind() == Kind.BACKWARD) {
                    return after + each;
                }
                each += step.chunk() == chunk ? 1 : 0;
            }
            after += each * stretch.turns();
        }
        return after;
    }

    /** The passes of the stage as loops, one after the other. */
    public List<Stretch> stretches() {
        return switch (schedule) {
            case ZB_V -> VShapedOrder.zeroBubble(stages, microbatches, stage);
            case DUALPIPE_V -> VShapedOrder.dualPipe(stages, microbatches, stage);
            case GPIPE, ONE_F_ONE_B, INTERLEAVED, ZB_H1, ZB_H2 -> inTurn();
        };
    }

    private List<Stretch> inTurn() {
        int warmup = warmup();
        int delay = delay();
        int steady = passes() - warmup;
        var row = new ArrayList<Stretch>();
        if (warmup > 0) {
            row.add(new Stretch("warmup", warmup, List.of(step(Kind.FORWARD, 0))));
        }
        int[] ends = {0, steady, Math.min(delay, passes()), passes()};
        Arrays.sort(ends);
        for (int i = 1; i < ends.length; i++) {
            int from = ends[i - 1];
            if (from == ends[i]) {
                continue;
            }
            boolean forward = from < steady;
            var steps = new ArrayList<Step>();
            if (forward) {
                steps.add(step(Kind.FORWARD, from + warmup));
            }
            steps.add(step(Kind.BACKWARD, from));
            if (schedule.splitsBackward() && from >= delay) {
                steps.add(step(Kind.WEIGHT_GRADIENTS, from - delay));
            }
            row.add(new Stretch(forward ? "steady" : "drain", ends[i] - from, steps));
        }
        if (delay > 0) {
            row.add(new Stretch("rest", delay, List.of(step(Kind.WEIGHT_GRADIENTS, passes() - delay))));
        }
        return row;
    }

    private Step step(Kind kind, int first) {
        return new Step(kind, chunks == 1 ? 0 : Step.IN_ROUNDS, first, 1);
    }

    /** The chunk of forward pass {@code number}; other passes take the chunks from the last to the first. */
    private IndexExpr chunkInRounds(IndexExpr number, Kind kind) {
        IndexExpr chunk = number.remainder((long) stages * chunks).dividedBy(stages);
        return kind == Kind.FORWARD ? chunk : IndexExpr.of(chunks - 1).plus(chunk.times(-1));
    }

    private IndexExpr microbatchInRounds(IndexExpr number) {
        return number.dividedBy((long) stages * chunks).times(stages).plus(number.remainder(stages));
    }

    /** The passes of a stage as loops. */
    Schedule loops(PassWriter writer) {
        return Schedule.sequence(
                stretches().stream().map(stretch -> loop(writer, stretch)).toList());
    }

    /** Every forward pass in order, as held-out text is run. */
    Schedule forwardLoop(PassWriter writer) {
        return Schedule.sequence(
                forwards().stream().map(stretch -> loop(writer, stretch)).toList());
    }

    /** On the way back of a V micro-batches come when they have been to the last rank, which others fill. */
    private List<Stretch> forwards() {
        if (!schedule.isV()) {
            return List.of(new Stretch("pass", passes(), List.of(step(Kind.FORWARD, 0))));
        }
        int ahead = Math.min(2 * (stages - stage) - 1, microbatches);
        var there = new Step(Kind.FORWARD, 0, 0, 1);
        var back = new Step(Kind.FORWARD, 1, 0, 1);
        int together = microbatches - ahead;
        var row = new ArrayList<Stretch>();
        row.add(new Stretch("pass", ahead, List.of(there)));
        if (together > 0) {
            row.add(new Stretch("pass", together, List.of(back, there.after(ahead))));
        }
        row.add(new Stretch("pass", ahead, List.of(back.after(together))));
        return row;
    }

    private Schedule loop(PassWriter writer, Stretch stretch) {
        IndexExpr turn = IndexExpr.variable(stretch.name());
        List<Schedule> turns = stretch.steps().stream()
                .map(step -> pass(writer, step, step.number(turn)))
                .toList();
        return new Schedule.Repeat(stretch.name(), stretch.turns(), Schedule.sequence(turns));
    }

    /** Writes what a pass over a chunk does. */
    interface PassWriter {
        Schedule write(Kind kind, int chunk, IndexExpr microbatch);
    }

    private Schedule pass(PassWriter writer, Step step, IndexExpr number) {
        IndexExpr microbatch = IndexExpr.variable(LayerBodies.MICROBATCH);
        boolean inRounds = step.chunk() == Step.IN_ROUNDS;
        var cases = new ArrayList<Schedule>();
        for (int chunk = 0; chunk < chunks; chunk++) {
            cases.add(writer.write(step.kind(), chunk, microbatch));
        }
        IndexExpr chosen = inRounds ? chunkInRounds(number, step.kind()) : IndexExpr.of(step.chunk());
        return new Schedule.Let(
                LayerBodies.MICROBATCH,
                inRounds ? microbatchInRounds(number) : number,
                chunks == 1 ? cases.getFirst() : new Schedule.Choose(chosen, cases));
    }

    /** Every pass of the stage, in order. */
    public List<Pass> passesInOrder() {
        var order = new ArrayList<Pass>();
        for (Stretch stretch : stretches()) {
            for (int turn = 0; turn < stretch.turns(); turn++) {
                for (Step step : stretch.steps()) {
                    order.add(pass(step, turn));
                }
            }
        }
        return order;
    }

    private Pass pass(Step step, int turn) {
        int number = step.number(turn);
        if (step.chunk() != Step.IN_ROUNDS) {
            return new Pass(step.kind(), step.chunk(), number);
        }
        int chunk = number % (stages * chunks) / stages;
        int microbatch = number / (stages * chunks) * stages + number % stages;
        return new Pass(step.kind(), step.kind() == Kind.FORWARD ? chunk : chunks - 1 - chunk, microbatch);
    }
}
