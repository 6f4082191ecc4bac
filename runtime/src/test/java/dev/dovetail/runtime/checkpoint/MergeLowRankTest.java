package dev.dovetail.runtime.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Merged weights give what a projection and its update give apart. */
class MergeLowRankTest {
    private static final int INPUTS = 6;
    private static final int OUTPUTS = 5;
    private static final int RANK = 2;
    private static final double SCALE = 1.5;

    @TempDir
    private Path root;

    @Test
    void oneProjection() {
        check(1);
    }

    @Test
    void everyExpertHasFactorsOfItsOwn() {
        check(3);
    }

    private void check(int experts) {
        List<Long> lead = experts == 1 ? List.of() : List.of((long) experts);
        var weight = shard("layers.0.mlp.in", lead, INPUTS, OUTPUTS, 0);
        var first = shard("layers.0.mlp.in.lora_a", lead, INPUTS, RANK, weight.bytes());
        var second = shard("layers.0.mlp.in.lora_b", lead, RANK, OUTPUTS, weight.bytes() + first.bytes());
        var shards = List.of(weight, first, second);
        var store = new CheckpointStore(root.resolve("adapted"), 1);
        try (HostMemory memory = HostMemory.of("adapted", 4096);
                HostMemory merged = HostMemory.of("merged", 4096)) {
            shards.forEach(shard -> new StateInitializer(7).fill(shard, memory));
            store.begin(4);
            var file = store.writeRank(4, 0, shards, memory);
            store.commit(new Manifest(Manifest.SCHEMA, "job", 4, 0, 0, "", List.of(file)));
            Checkpoint adapted = store.latest().orElseThrow();
            assertEquals(1, new MergeLowRank(adapted, SCALE).into(root.resolve("whole")));
            Checkpoint whole =
                    new CheckpointStore(root.resolve("whole"), 1).latest().orElseThrow();
            assertEquals(List.of("layers.0.mlp.in"), whole.tensors());
            whole.restore(weight, merged);
            compare(experts, new Reader(memory), new Reader(merged));
        }
    }

    private static StateShard shard(String name, List<Long> lead, int rows, int columns, long offset) {
        var shape = new ArrayList<>(lead);
        shape.add((long) rows);
        shape.add((long) columns);
        return StateShard.whole(name, StateKind.WEIGHT, ElementType.F64, shape, offset, Initial.normal(1));
    }

    private record Reader(HostMemory memory) {
        double at(long element) {
            return memory.segment().get(ValueLayout.JAVA_DOUBLE, 8 * element);
        }
    }

    /** (x · A) · B, in the order a forward pass has, against x · W of the merged weight. */
    private static void compare(int experts, Reader apart, Reader merged) {
        int firstAt = experts * INPUTS * OUTPUTS;
        int secondAt = firstAt + experts * INPUTS * RANK;
        for (int e = 0; e < experts; e++) {
            for (int o = 0; o < OUTPUTS; o++) {
                double together = 0;
                double separate = 0;
                double[] narrow = new double[RANK];
                for (int i = 0; i < INPUTS; i++) {
                    double x = Math.sin(i + 1);
                    int at = (e * INPUTS + i) * OUTPUTS + o;
                    together += x * merged.at(at);
                    separate += x * apart.at(at);
                    for (int r = 0; r < RANK; r++) {
                        narrow[r] += x * apart.at(firstAt + (e * INPUTS + i) * RANK + r);
                    }
                }
                for (int r = 0; r < RANK; r++) {
                    separate += SCALE * narrow[r] * apart.at(secondAt + (e * RANK + r) * OUTPUTS + o);
                }
                assertEquals(separate, together, 1e-12);
            }
        }
    }
}
