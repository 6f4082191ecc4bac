package dev.dovetail.optimizer.solver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.optimizer.lower.Kept;
import dev.dovetail.optimizer.lower.Live;
import dev.dovetail.optimizer.solver.StagePartition.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StagePartitionTest {
    @Test
    void givesTheHeavyHeadFewerLayersBesideIt() {
        var layers = new ArrayList<Layer>();
        for (int i = 0; i < 8; i++) {
            layers.add(layer(1, 1));
        }
        layers.add(layer(3, 1));
        var partition = StagePartition.solve(
                        layers, List.of(Live.untilBackward(1), Live.untilBackward(1)), Bytes.of(100))
                .orElseThrow();
        assertEquals(Seconds.of(6), partition.slowest());
        assertEquals(9, partition.sizes().stream().mapToInt(Integer::intValue).sum());
    }

    @Test
    void findsNothingWhereNothingFits() {
        assertEquals(
                Optional.empty(),
                StagePartition.solve(
                        List.of(layer(1, 60), layer(1, 60)),
                        List.of(Live.untilBackward(2), Live.untilBackward(1)),
                        Bytes.of(100)));
        assertEquals(
                Optional.empty(),
                StagePartition.solve(
                        List.of(layer(1, 1)), List.of(Live.untilBackward(1), Live.untilBackward(1)), Bytes.of(100)));
    }

    @Test
    void agreesWithTryingEveryCut() {
        for (int seed = 0; seed < 200; seed++) {
            var random = new SplittableRandom(seed);
            var layers = new ArrayList<Layer>();
            for (int i = random.nextInt(3, 10); i > 0; i--) {
                layers.add(layer(random.nextInt(1, 9), random.nextInt(1, 20)));
            }
            int stages = random.nextInt(1, 4);
            var live = new ArrayList<Live>();
            for (int stage = 0; stage < stages; stage++) {
                live.add(Live.untilBackward(stages - stage));
            }
            Bytes capacity = Bytes.of(random.nextInt(20, 160));
            double best = tryAll(layers, live, capacity.count(), 0, 0);
            var partition = StagePartition.solve(layers, live, capacity);
            assertEquals(Double.isInfinite(best), partition.isEmpty(), "seed " + seed);
            partition.ifPresent(p -> assertEquals(best, p.slowest().value(), "seed with " + layers));
        }
    }

    private static double tryAll(List<Layer> layers, List<Live> live, long capacity, int start, int stage) {
        if (stage == live.size()) {
            return start == layers.size() ? 0 : Double.POSITIVE_INFINITY;
        }
        double best = Double.POSITIVE_INFINITY;
        double time = 0;
        long bytes = 0;
        for (int end = start + 1; end <= layers.size(); end++) {
            Layer layer = layers.get(end - 1);
            time += layer.time().value();
            bytes += layer.state().count() + layer.saved().of(live.get(stage));
            if (bytes <= capacity) {
                best = Math.min(best, Math.max(time, tryAll(layers, live, capacity, end, stage + 1)));
            }
        }
        return best;
    }

    private static Layer layer(int seconds, int bytes) {
        assertTrue(seconds > 0);
        return new Layer(Seconds.of(seconds), Bytes.of(bytes), Kept.untilBackward(bytes));
    }
}
