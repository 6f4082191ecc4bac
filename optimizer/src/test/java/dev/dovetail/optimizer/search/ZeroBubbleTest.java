package dev.dovetail.optimizer.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.lower.PipelineOrder;
import dev.dovetail.optimizer.lower.PipelineOrder.Kind;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Table 1 of Zero Bubble Pipeline Parallelism (arXiv:2401.10241): what stages wait, and how much they have alive. */
class ZeroBubbleTest {

    /** What each stage waits from its first pass to its last: p stages, m micro-batches, seconds of a pass of each kind over a chunk. */
    private static double[] bubbles(Schedule schedule, int p, int m, double f, double b, double w) {
        int chunks = schedule.isV() ? 2 : 1;
        boolean splits = schedule.splitsBackward();
        double[] ends = StepTimeline.ends(
                new StepTimeline.PassTimes(
                        new double[p],
                        all(p, chunks, f),
                        all(p, chunks, splits ? b : b + w),
                        all(p, chunks, splits ? w : 0),
                        new double[p]),
                schedule,
                m);
        for (int stage = 0; stage < p; stage++) {
            ends[stage] -= stage * f + m * chunks * (f + b + w);
        }
        return ends;
    }

    private static double[][] all(int stages, int chunks, double seconds) {
        double[][] each = new double[stages][chunks];
        for (double[] row : each) {
            Arrays.fill(row, seconds);
        }
        return each;
    }

    private static double longest(double[] bubbles) {
        return Arrays.stream(bubbles).max().orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"4,8,1,1,1", "8,24,1,1,1", "4,12,1,1.2,0.9", "6,20,1,1.3,1", "3,9,1,1.5,0.8"})
    void stagesWaitAsLongAsPublished(int p, int m, double f, double b, double w) {
        assertEquals((p - 1) * (f + b + w), longest(bubbles(Schedule.ONE_F_ONE_B, p, m, f, b, w)), 1e-9);
        assertEquals((p - 1) * (f + b - w), longest(bubbles(Schedule.ZB_H1, p, m, f, b, w)), 1e-9);
        assertEquals((p - 1) * (f + b - 2 * w), longest(bubbles(Schedule.ZB_H2, p, m, f, b, w)), 1e-9);
    }

    @Test
    void noStageWaitsWherePassesTakeEquallyLong() {
        for (int p = 2; p <= 8; p++) {
            for (Schedule schedule : new Schedule[] {Schedule.ZB_H2, Schedule.ZB_V}) {
                for (double bubble : bubbles(schedule, p, 3 * p, 1, 1, 1)) {
                    assertEquals(0, bubble, 1e-9);
                }
            }
        }
    }

    @Test
    void everyStageHasAsManyMicrobatchesAliveAsPublished() {
        for (int stage = 0; stage < 4; stage++) {
            assertEquals(4, alive(Schedule.ZB_H1, 4, 12, stage).whole());
            assertEquals(7, alive(Schedule.ZB_H2, 4, 12, stage).whole());
            assertEquals(4 - stage, alive(Schedule.ZB_H1, 4, 12, stage).forward());
            assertEquals(stage + 1, alive(Schedule.ZB_H1, 4, 12, stage).between());
        }
    }

    /**
     * The table of DeepSeek's DualPipe has, with P chunks over P / 2 ranks, (P / 2 - 1) (F&B + B - 3W), where B makes all gradients
     * and F&B hands both its messages over at its end. Where a forward pass hands over before the backward pass beside it begins,
     * the next rank waits for it and W in place of F&B.
     */
    @ParameterizedTest
    @CsvSource({"2,8,1,1,1", "4,8,1,1,1", "4,20,1,1.2,0.9", "8,24,1,1,1", "3,9,1,1.5,0.8"})
    void dualPipeWaitsAsLongAsPublished(int ranks, int m, double f, double b, double w) {
        double together = f + b + w;
        double published = (ranks - 1) * (together + (b + w) - 3 * w);
        double oneByOne = published - (ranks - 1) * (together - f - w);
        assertEquals(oneByOne, longest(bubbles(Schedule.DUALPIPE_V, ranks, m, f, b, w)), 1e-9);
    }

    /** Of P chunks ZB-V has P alive on every rank at most, what 1F1B has on its first; DualPipe one more. */
    @Test
    void everyRankOfAVHasAsManyChunksAliveAsPublished() {
        for (int stage = 0; stage < 4; stage++) {
            assertEquals(
                    8, new PipelineOrder(Schedule.ZB_V, 4, 2, 20, stage).alive().whole());
            assertEquals(
                    9,
                    new PipelineOrder(Schedule.DUALPIPE_V, 4, 2, 20, stage)
                            .alive()
                            .whole());
        }
    }

    /** Every pass once, behind what it needs, in the order of its chunk; counts are those of the whole order. */
    @Test
    void passesOfAVAreWholeHoweverFewMicrobatches() {
        for (Schedule schedule : new Schedule[] {Schedule.ZB_V, Schedule.DUALPIPE_V}) {
            for (int stages = 1; stages <= 5; stages++) {
                for (int microbatches = 1; microbatches <= 16; microbatches++) {
                    for (int stage = 0; stage < stages; stage++) {
                        countV(new PipelineOrder(schedule, stages, 2, microbatches, stage));
                    }
                    // Would throw if stages waited for each other forever.
                    bubbles(schedule, stages, microbatches, 1, 1, 1);
                }
            }
        }
    }

    private static void countV(PipelineOrder order) {
        int[][] done = new int[Kind.values().length][2];
        int[] behind = new int[2];
        Live most = new Live(0, 0, 0);
        for (PipelineOrder.Pass pass : order.passesInOrder()) {
            int kind = pass.kind().ordinal();
            int chunk = pass.chunk();
            assertEquals(done[kind][chunk]++, pass.microbatch(), order.toString());
            assertTrue(kind == 0 || done[kind][chunk] <= done[kind - 1][chunk], order + " runs " + pass + " too early");
            int running = pass.kind() == Kind.BACKWARD ? 1 : 0;
            int[] all = Arrays.stream(done).mapToInt(of -> of[0] + of[1]).toArray();
            int late = pass.kind() == Kind.WEIGHT_GRADIENTS ? 1 : 0;
            most = new Live(
                    Math.max(most.forward(), all[0] - all[1] + running),
                    Math.max(most.whole(), all[0] - all[2] + late),
                    Math.max(most.between(), all[1] - all[2] + late));
            behind = pass.kind() == Kind.BACKWARD ? new int[2] : behind;
            behind[chunk] += late;
        }
        for (int[] kind : done) {
            assertEquals(order.microbatches(), kind[0], order.toString());
            assertEquals(order.microbatches(), kind[1], order.toString());
        }
        Live alive = order.alive();
        assertEquals(most.forward(), alive.forward(), order.toString());
        assertEquals(most.whole(), alive.whole(), order.toString());
        assertTrue(alive.between() <= most.between(), order.toString());
        if (order.microbatches() >= 2 * order.stages()) {
            assertEquals(most, alive, order.toString());
        }
        assertEquals(behind[0], order.weightsAfterLastBackward(0), order.toString());
        assertEquals(behind[1], order.weightsAfterLastBackward(1), order.toString());
    }

    private static Live alive(Schedule schedule, int stages, int microbatches, int stage) {
        return new PipelineOrder(schedule, stages, 1, microbatches, stage).alive();
    }

    /** Counted pass by pass, however few micro-batches there are. */
    @Test
    void countsOfWhatIsAliveAreThoseOfTheOrder() {
        for (Schedule schedule : new Schedule[] {Schedule.ZB_H1, Schedule.ZB_H2}) {
            for (int stages = 1; stages <= 5; stages++) {
                for (int stage = 0; stage < stages; stage++) {
                    for (int microbatches = 1; microbatches <= 12; microbatches++) {
                        count(new PipelineOrder(schedule, stages, 1, microbatches, stage));
                    }
                }
            }
        }
    }

    private static void count(PipelineOrder order) {
        int[] done = new int[Kind.values().length];
        int forward = 0;
        int whole = 0;
        int between = 0;
        int lateBeforeLast = 0;
        for (PipelineOrder.Pass pass : order.passesInOrder()) {
            assertEquals(done[pass.kind().ordinal()]++, pass.microbatch(), order.toString());
            boolean needed = pass.kind() == Kind.FORWARD
                    || done[pass.kind().ordinal()] <= done[pass.kind().ordinal() - 1];
            assertTrue(needed, order + " runs " + pass + " before what it needs");
            int running = pass.kind() == Kind.BACKWARD ? 1 : 0;
            forward = Math.max(forward, done[0] - done[1] + running);
            whole = Math.max(whole, done[0] - done[2]);
            between = Math.max(between, done[1] - done[2]);
            lateBeforeLast = done[1] < order.microbatches() ? done[2] : lateBeforeLast;
        }
        assertEquals(order.microbatches(), done[2], order.toString());
        assertEquals(new Live(forward, whole, between), order.alive(), order.toString());
        assertEquals(lateBeforeLast, order.weightsBeforeLastBackward(), order.toString());
    }
}
