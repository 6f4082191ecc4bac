package dev.dovetail.optimizer.lower;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.plan.Decision.Schedule;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ActivationSlotsTest {
    private static final int MICROBATCHES = 8;

    /** Bytes taken by a micro-batch of a chunk. */
    private record Place(long start, long end) {
        boolean meets(Place other) {
            return start < other.end && other.start < end;
        }
    }

    /** Chunks of frozen layers keep nothing, whatever lies where they would. */
    @Test
    void noTwoMicrobatchesAliveShareAByte() {
        var random = new SplittableRandom(3);
        for (int problem = 0; problem < 200; problem++) {
            int stages = random.nextInt(2, 4);
            int chunks = random.nextInt(2, 6);
            List<Kept> kept = Stream.generate(
                            () -> random.nextInt(3) == 0 ? Kept.NONE : Kept.untilBackward(random.nextInt(1, 100)))
                    .limit(chunks)
                    .toList();
            check(
                    new PipelineOrder(
                            Schedule.INTERLEAVED, stages, chunks, stages * MICROBATCHES, random.nextInt(stages)),
                    kept);
        }
    }

    /** How many are alive is known without going through the passes. */
    @Test
    void asManyMicrobatchesOfAChunkAreAliveAsWhenPassesAreCounted() {
        var random = new SplittableRandom(5);
        for (int problem = 0; problem < 500; problem++) {
            int stages = random.nextInt(1, 7);
            int chunks = random.nextInt(2, 9);
            int microbatches = stages * random.nextInt(1, 9);
            var order = new PipelineOrder(Schedule.INTERLEAVED, stages, chunks, microbatches, random.nextInt(stages));
            int[] alive = new int[chunks];
            int[] most = new int[chunks];
            int together = 0;
            for (PipelineOrder.Pass pass : order.passesInOrder()) {
                int by = pass.kind() == PipelineOrder.Kind.FORWARD ? 1 : -1;
                alive[pass.chunk()] += by;
                together = Math.max(together, Arrays.stream(alive).sum());
                most[pass.chunk()] = Math.max(most[pass.chunk()], alive[pass.chunk()]);
            }
            assertArrayEquals(
                    most, IntStream.range(0, chunks).map(order::mostInRounds).toArray(), order.toString());
            assertEquals(together, order.alive().forward(), order.toString());
        }
    }

    private static void check(PipelineOrder order, List<Kept> kept) {
        ActivationSlots solved = ActivationSlots.solve(order, kept);
        var alive = new HashMap<List<Integer>, Place>();
        for (PipelineOrder.Pass pass : order.passesInOrder()) {
            var key = List.of(pass.chunk(), pass.microbatch());
            if (pass.kind() != PipelineOrder.Kind.FORWARD) {
                alive.remove(key);
                continue;
            }
            long start = solved.slots()
                    .get(pass.chunk())
                    .saved()
                    .evaluate(Map.of(LayerBodies.MICROBATCH, (long) pass.microbatch()), Map.of());
            var place = new Place(start, start + kept.get(pass.chunk()).saved());
            assertTrue(place.end() <= solved.bytes(), () -> order + " " + kept);
            if (place.start() < place.end()) {
                assertTrue(alive.values().stream().noneMatch(place::meets), () -> order + " " + kept);
            }
            alive.put(key, place);
        }
    }
}
