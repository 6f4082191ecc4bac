package dev.dovetail.ir.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Body.Activity;
import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.program.Schedule;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.timing.DeviceSharing.OwnDevice;
import dev.dovetail.ir.timing.DeviceSharing.SharedCores;
import dev.dovetail.ir.timing.SyntheticPipeline.Order;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramTimerTest {
    private static final DeviceSharing OWN = new OwnDevice();

    private static Timeline time(Program program) {
        return ProgramTimer.time(program, SyntheticPipeline.cost(0), OWN);
    }

    @ParameterizedTest
    @EnumSource(
            value = Order.class,
            names = {"GPIPE", "ONE_F_ONE_B"})
    void equalStagesIdleForAllButOneStagesPasses(Order order) {
        for (int p = 1; p <= 8; p++) {
            for (int m = p; m <= 8 * p; m++) {
                Timeline timeline =
                        time(SyntheticPipeline.even(order, p, 1, m, 3, 5).program());
                assertEquals((m + p - 1) * 8.0, timeline.step().value());
                assertEquals((p - 1.0) / m, timeline.bubbleToIdeal(), 1e-12);
                assertEquals((p - 1.0) / (m + p - 1), timeline.bubbleFraction(), 1e-12);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void interleavingDividesTheBubbleByTheChunks(int v) {
        for (int p = 2; p <= 8; p++) {
            for (int m = p; m <= 8 * p; m += p) {
                Timeline timeline = time(
                        SyntheticPipeline.even(Order.INTERLEAVED, p, v, m, 3, 5).program());
                assertEquals((double) (v * m + p - 1) * 8, timeline.step().value(), p + " stages, " + m);
                assertEquals((p - 1.0) / (v * m), timeline.bubbleToIdeal(), 1e-12);
            }
        }
    }

    @Test
    void unequalStagesTakeTheLongestPathThroughTheirPasses() {
        var random = new SplittableRandom(29);
        for (int trial = 0; trial < 400; trial++) {
            int p = 1 + random.nextInt(8);
            int m = p + random.nextInt(4 * p);
            long[] f = random.longs(p, 1, 30).toArray();
            long[] b = random.longs(p, 1, 60).toArray();
            var program = new SyntheticPipeline(Order.ONE_F_ONE_B, 1, m, f, b).program();
            assertEquals(longestPath(m, f, b), time(program).step().value());
        }
    }

    /** The longest path through the graph of 1F1B's passes, by relaxing its edges until nothing moves. */
    private static long longestPath(int m, long[] f, long[] b) {
        int p = f.length;
        long[][] forwardEnds = new long[p][m];
        long[][] backwardEnds = new long[p][m];
        boolean moved = true;
        while (moved) {
            moved = false;
            for (int i = 0; i < p; i++) {
                long before = 0;
                int warmup = Math.min(p - 1 - i, m);
                for (int k = 0; k < m + warmup; k++) {
                    if (k < m) {
                        long ready = i == 0 ? 0 : forwardEnds[i - 1][k];
                        before = Math.max(before, ready) + f[i];
                        moved |= before != forwardEnds[i][k];
                        forwardEnds[i][k] = before;
                    }
                    if (k >= warmup) {
                        int j = k - warmup;
                        long ready = i == p - 1 ? forwardEnds[i][j] : backwardEnds[i + 1][j];
                        before = Math.max(before, ready) + b[i];
                        moved |= before != backwardEnds[i][j];
                        backwardEnds[i][j] = before;
                    }
                }
            }
        }
        return Arrays.stream(backwardEnds).mapToLong(row -> row[m - 1]).max().orElseThrow();
    }

    /** Holds where backward takes a fixed multiple of forward, as on real stages; not for arbitrary pairs. */
    @Test
    void proportionalStagesStayWithinTheBoundOfTheSlowestOne() {
        var random = new SplittableRandom(17);
        for (int trial = 0; trial < 400; trial++) {
            int p = 1 + random.nextInt(8);
            int m = p + random.nextInt(4 * p);
            long[] f = random.longs(p, 1, 30).toArray();
            long[] b = Arrays.stream(f).map(seconds -> 2 * seconds).toArray();
            double step = time(new SyntheticPipeline(Order.ONE_F_ONE_B, 1, m, f, b).program())
                    .step()
                    .value();
            long slowest = 3 * Arrays.stream(f).max().orElseThrow();
            long once = 3 * Arrays.stream(f).sum();
            assertTrue(step <= (m - 1) * slowest + once, () -> Arrays.toString(f));
            assertTrue(step >= m * slowest);
        }
    }

    @Test
    void theSlowestLastStageAloneMeetsTheBoundExactly() {
        var program = new SyntheticPipeline(Order.ONE_F_ONE_B, 1, 12, new long[] {2, 2, 2, 3}, new long[] {4, 4, 4, 5});
        assertEquals(11 * 8 + 26, time(program.program()).step().value());
    }

    @Test
    void aStageKeepsAsManyMicrobatchesAliveAsStagesFollowIt() {
        for (int p = 1; p <= 6; p++) {
            for (int m = p; m <= 3 * p; m++) {
                Timeline timeline = time(
                        SyntheticPipeline.even(Order.ONE_F_ONE_B, p, 1, m, 1, 2).program());
                for (int stage = 0; stage < p; stage++) {
                    assertEquals(
                            Math.min(p - stage, m), mostAlive(timeline.stages().get(stage)));
                }
                Timeline gpipe =
                        time(SyntheticPipeline.even(Order.GPIPE, p, 1, m, 1, 2).program());
                assertEquals(m, mostAlive(gpipe.stages().getFirst()));
            }
        }
    }

    private static int mostAlive(Timeline.Stage stage) {
        int alive = 0;
        int most = 0;
        for (Timeline.Event event : stage.events()) {
            alive += event.activity() == Activity.FORWARD ? 1 : event.activity() == Activity.BACKWARD ? -1 : 0;
            most = Math.max(most, alive);
        }
        return most;
    }

    @Test
    void thePartsOfEachStageAddUpToTheStep() {
        var program =
                new SyntheticPipeline(Order.ONE_F_ONE_B, 1, 7, new long[] {2, 9, 4}, new long[] {4, 1, 3}).program();
        Timeline timeline = ProgramTimer.time(program, SyntheticPipeline.cost(0.5), OWN);
        for (Timeline.Stage stage : timeline.stages()) {
            double sum =
                    stage.spent().values().stream().mapToDouble(Seconds::value).sum();
            assertEquals(timeline.step().value(), sum, 1e-9);
        }
        assertEquals(7 * 10.0, timeline.stages().get(1).spent(TimePart.COMPUTE).value(), 1e-9);
    }

    @Test
    void waitingForWhatIsOnItsWayIsCommunicationAndTheRestIsBubble() {
        var program = new SyntheticPipeline(Order.GPIPE, 1, 1, new long[] {4, 4}, new long[] {6, 6}).program();
        Timeline timeline = ProgramTimer.time(program, SyntheticPipeline.cost(2), OWN);
        assertEquals(4 + 2 + 4 + 6 + 2 + 6, timeline.step().value());
        Timeline.Stage second = timeline.stages().get(1);
        assertEquals(2, second.spent(TimePart.PIPELINE_COMM).value());
        assertEquals(4 + 2 + 6, second.spent(TimePart.BUBBLE).value());
        assertEquals(6, second.events().getFirst().waited().value());
    }

    @Test
    void eventsTellChunkAndMicrobatch() {
        Timeline timeline =
                time(SyntheticPipeline.even(Order.INTERLEAVED, 2, 2, 4, 1, 2).program());
        var forwards = timeline.stages().getFirst().events().stream()
                .filter(event -> event.activity() == Activity.FORWARD)
                .map(event -> event.chunk() + "." + event.microbatch())
                .toList();
        assertEquals(List.of("0.0", "0.1", "1.0", "1.1", "0.2", "0.3", "1.2", "1.3"), forwards);
    }

    @Test
    void ranksThatShareCoresTakeAsLongAsTheirWorkFillsTheCores() {
        // Four stages, always at most as many runnable as cores: no slower than own devices.
        var alone = SyntheticPipeline.even(Order.ONE_F_ONE_B, 4, 1, 8, 3, 5).program();
        assertEquals(time(alone).step(), shared(alone, 4, 1).step());
        // One stage with two data replicas on one core: twice the work.
        var two = SyntheticPipeline.even(Order.GPIPE, 1, 1, 8, 3, 5)
                .withDataReplicas(2)
                .program();
        assertEquals(2 * 64, shared(two, 1, 1).step().value(), 1e-9);
        // Two threads a rank: two ranks need four cores.
        assertEquals(2 * 64, shared(two, 2, 2).step().value(), 1e-9);
        assertEquals(64, shared(two, 4, 2).step().value(), 1e-9);
    }

    @Test
    void aWaitingRankLeavesItsShareToTheOthers() {
        // Two stages on one core: the second idles while the first computes, so nothing is lost to the bubble.
        var program = SyntheticPipeline.even(Order.GPIPE, 2, 1, 4, 3, 5).program();
        assertEquals(2 * 4 * 8, shared(program, 1, 1).step().value(), 1e-9);
    }

    @Test
    void sharedCoresNeverBeatOwnDevicesNorTheTotalOfTheWork() {
        var random = new SplittableRandom(23);
        for (int trial = 0; trial < 100; trial++) {
            int p = 1 + random.nextInt(5);
            int m = p + random.nextInt(8);
            int replicas = 1 + random.nextInt(3);
            int cores = 1 + random.nextInt(6);
            long[] f = random.longs(p, 1, 30).toArray();
            long[] b = random.longs(p, 1, 60).toArray();
            var program = new SyntheticPipeline(Order.ONE_F_ONE_B, 1, m, f, b)
                    .withDataReplicas(replicas)
                    .program();
            double step = shared(program, cores, 1).step().value();
            double work = (double) m
                    * replicas
                    * (Arrays.stream(f).sum() + Arrays.stream(b).sum());
            assertTrue(step >= time(program).step().value() - 1e-9);
            assertTrue(step >= work / cores - 1e-9);
            assertTrue(step <= work + 1e-9 || cores < replicas);
        }
    }

    private static Timeline shared(Program program, int cores, int threads) {
        return ProgramTimer.time(program, SyntheticPipeline.cost(0), new SharedCores(cores, threads));
    }

    @Test
    void aSumBetweenStagesWaitsForTheLastOfThem() {
        // Stage 0 is ready after 3 s, stage 1 after 10; both are busy 2 s more.
        var classes = new ArrayList<RankClass>();
        long[] before = {3, 10};
        for (int stage = 0; stage < 2; stage++) {
            var work = new Instruction.Zero(MemoryPart.WORKSPACE, ElementType.F32, IndexExpr.of(0), before[stage]);
            var sum = new Instruction.TiedReduce(
                    List.of(0, 1), ElementType.F32, MemoryPart.GRADIENTS, IndexExpr.of(0), 1);
            var body = new Body("tied_reduce", Activity.REDUCE, List.of(), List.of(work, sum));
            Schedule call = new Schedule.Call("tied_reduce", Map.of());
            classes.add(new RankClass("s", stage, 0, Map.of(), List.of(), List.of(body), call, call, List.of()));
        }
        var program = new Program("tied", MeshShape.of(2, 1, 1), ElementType.F32, 1, 1, 1, classes);
        InstructionCost zeros = SyntheticPipeline.cost(0);
        InstructionCost cost = new InstructionCost() {
            @Override
            public Seconds seconds(RankClass rank, Instruction instruction) {
                return instruction instanceof Instruction.TiedReduce ? Seconds.of(2) : zeros.seconds(rank, instruction);
            }

            @Override
            public Seconds flight(RankClass sender, Instruction.Send send) {
                return Seconds.ZERO;
            }
        };
        Timeline timeline = ProgramTimer.time(program, cost, OWN);
        assertEquals(12, timeline.step().value());
        assertEquals(7, timeline.stages().getFirst().spent(TimePart.BUBBLE).value());
        assertEquals(
                2, timeline.stages().getFirst().spent(TimePart.PIPELINE_COMM).value());
    }

    @Test
    void stagesThatWaitForOneAnotherAreNamed() {
        var program = SyntheticPipeline.even(Order.GPIPE, 2, 1, 1, 1, 1).program();
        var first = program.classes().getFirst();
        var crossed = new RankClass(
                first.name(),
                0,
                0,
                first.memory(),
                first.persistent(),
                first.bodies(),
                new Schedule.Call("receive_gradient", Map.of("tag", IndexExpr.of(0))),
                first.evaluate(),
                first.state());
        var broken = new Program(
                "broken",
                program.mesh(),
                program.element(),
                1,
                1,
                1,
                List.of(crossed, program.classes().getLast()));
        var failure = assertThrows(IllegalStateException.class, () -> time(broken));
        assertTrue(failure.getMessage().contains("stage 0 in receive_gradient"), failure.getMessage());
        assertTrue(failure.getMessage().contains("stage 1 in receive_activation"), failure.getMessage());
    }

    @Test
    void aLargePipelineIsTimedExactly() {
        Timeline timeline =
                time(SyntheticPipeline.even(Order.INTERLEAVED, 64, 4, 512, 3, 5).program());
        assertEquals((4 * 512 + 63) * 8.0, timeline.step().value());
    }
}
