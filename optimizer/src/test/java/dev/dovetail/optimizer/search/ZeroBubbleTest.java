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

    /** What each stage waits from its first pass to its last: p stages, m micro-batches, seconds of a pass of each kind. */
    private static double[] bubbles(Schedule schedule, int p, int m, double f, double b, double w) {
        double[][] forward = new double[p][1];
        double[][] backward = new double[p][1];
        double[] weights = new double[p];
        boolean splits = schedule.splitsBackward();
        for (int stage = 0; stage < p; stage++) {
            forward[stage][0] = f;
            backward[stage][0] = splits ? b : b + w;
            weights[stage] = splits ? w : 0;
        }
        double[] ends = StepTimeline.ends(
                new StepTimeline.PassTimes(new double[p], forward, backward, weights, new double[p]), schedule, m);
        for (int stage = 0; stage < p; stage++) {
            ends[stage] -= stage * f + m * (f + b + w);
        }
        return ends;
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
            for (double bubble : bubbles(Schedule.ZB_H2, p, 3 * p, 1, 1, 1)) {
                assertEquals(0, bubble, 1e-9);
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
