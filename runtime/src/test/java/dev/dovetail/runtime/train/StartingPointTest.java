package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointException;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.checkpoint.Manifest;
import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job takes the weights of another run, all of them or none. */
class StartingPointTest {
    private static final List<Long> SHAPE = List.of(4L, 8L);
    private static final int BYTES = 4 * 8 * 8;

    @TempDir
    private Path base;

    private static StateShard shard(String tensor, StateKind kind, List<Long> shape, int place) {
        Initial initial = kind == StateKind.WEIGHT ? Initial.normal(1) : Initial.zeros();
        return StateShard.whole(tensor, kind, ElementType.F64, shape, (long) place * BYTES, initial);
    }

    /** A run that trained one tensor and left its moments behind. */
    @BeforeEach
    void trainTheBase() {
        var store = new CheckpointStore(new RunFolder(base).checkpoints(), 1);
        var shards = List.of(
                shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0),
                shard("layers.0.mlp.in", StateKind.FIRST_MOMENT, SHAPE, 1));
        try (HostMemory memory = HostMemory.of("base", 2 * BYTES)) {
            new StateInitializer(5).fill(shards.getFirst(), memory);
            store.begin(9);
            store.commit(
                    new Manifest(Manifest.SCHEMA, "base", 9, 5, 0, "", List.of(store.writeRank(9, 0, shards, memory))));
        }
    }

    private static double[] values(HostMemory memory, int place) {
        return memory.segment().asSlice((long) place * BYTES, BYTES).toArray(ValueLayout.JAVA_DOUBLE);
    }

    private StartingPoint start() {
        return StartingPoint.of(TinyJob.job(base, 1, 1, 4, 0).startingFrom(base))
                .orElseThrow();
    }

    @Test
    void takesWeightsAndNoMomentsAndStartsTheRestFromTheSeed() {
        var state = List.of(
                shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0),
                shard("layers.0.mlp.in.lora_a", StateKind.WEIGHT, SHAPE, 1),
                shard("layers.0.mlp.in.lora_a", StateKind.FIRST_MOMENT, SHAPE, 2));
        try (HostMemory memory = HostMemory.of("job", 3 * BYTES);
                HostMemory expected = HostMemory.of("expected", 3 * BYTES)) {
            start().fill(state, memory, new StateInitializer(7));
            new StateInitializer(5).fill(state.get(0), expected);
            new StateInitializer(7).fill(state.get(1), expected);
            for (int place = 0; place < 3; place++) {
                assertArrayEquals(values(expected, place), values(memory, place));
            }
        }
    }

    @Test
    void aWeightThatIsNoNumberIsNamed() {
        StateShard weight = shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0);
        var store = new CheckpointStore(new RunFolder(base).checkpoints(), 1);
        try (HostMemory memory = HostMemory.of("base", BYTES)) {
            new StateInitializer(5).fill(weight, memory);
            memory.segment().set(ValueLayout.JAVA_DOUBLE, BYTES - Double.BYTES, Double.NaN);
            store.begin(10);
            var file = store.writeRank(10, 0, List.of(weight), memory);
            store.commit(new Manifest(Manifest.SCHEMA, "base", 10, 5, 0, "", List.of(file)));
            var refused = assertThrows(
                    CheckpointException.class, () -> start().fill(List.of(weight), memory, new StateInitializer(7)));
            assertTrue(refused.getMessage().contains("weight of `layers.0.mlp.in` has a NaN"), refused.getMessage());
        }
    }

    /** Every expert is the dense model's mlp; the router, which that model had not, starts from the seed. */
    @Test
    void upcyclesOneMlpIntoEveryExpert() {
        List<Long> experts = List.of(3L, 4L, 8L);
        // A rank that has two of the three experts, and of these a stretch that begins and ends inside a matrix.
        var some = new StateShard(
                "layers.0.moe.in",
                StateKind.WEIGHT,
                ElementType.F64,
                experts,
                List.of(1L, 0L, 0L),
                List.of(2L, 4L, 8L),
                5,
                50,
                0,
                Initial.normal(1));
        var router = shard("layers.0.moe.router", StateKind.WEIGHT, SHAPE, 2);
        var moments = shard("layers.0.moe.router", StateKind.FIRST_MOMENT, SHAPE, 3);
        var start =
                StartingPoint.of(TinyJob.job(base, 1, 1, 4, 0).upcycling(base)).orElseThrow();
        try (HostMemory memory = HostMemory.of("job", 4 * BYTES);
                HostMemory dense = HostMemory.of("expected", 3 * BYTES)) {
            start.fill(List.of(some, router, moments), memory, new StateInitializer(7));
            new StateInitializer(5).fill(shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0), dense);
            new StateInitializer(7).fill(router, dense);
            double[] mlp = values(dense, 0);
            double[] filled = memory.segment().asSlice(0, 50 * 8).toArray(ValueLayout.JAVA_DOUBLE);
            for (int i = 0; i < filled.length; i++) {
                assertEquals(mlp[(5 + i) % mlp.length], filled[i], "element " + i);
            }
            assertArrayEquals(values(dense, 2), values(memory, 2));
        }
    }

    private Path adapted(String name, int seedOfModel, int seedOfFactor) {
        Path folder = base.resolve(name);
        var shards = List.of(
                shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0),
                shard("layers.0.mlp.in.lora_a", StateKind.WEIGHT, SHAPE, 1));
        var store = new CheckpointStore(new RunFolder(folder).checkpoints(), 1);
        try (HostMemory memory = HostMemory.of("adapted", 2 * BYTES)) {
            new StateInitializer(seedOfModel).fill(shards.get(0), memory);
            new StateInitializer(seedOfFactor).fill(shards.get(1), memory);
            store.begin(2);
            store.commit(
                    new Manifest(Manifest.SCHEMA, name, 2, 5, 0, "", List.of(store.writeRank(2, 0, shards, memory))));
        }
        return folder;
    }

    private StartingPoint mixing(Path one, Path other) {
        return StartingPoint.of(TinyJob.job(base, 1, 1, 4, 0).startingFrom(one).startingFrom(other))
                .orElseThrow();
    }

    /** One model under the updates of both runs, each under its number. */
    @Test
    void putsUpdatesOfSeveralRunsSideBySide() {
        var state = List.of(
                shard("layers.0.mlp.in", StateKind.WEIGHT, SHAPE, 0),
                shard("layers.0.mlp.in.lora_a.0", StateKind.WEIGHT, SHAPE, 1),
                shard("layers.0.mlp.in.lora_a.1", StateKind.WEIGHT, SHAPE, 2));
        try (HostMemory memory = HostMemory.of("job", 3 * BYTES);
                HostMemory expected = HostMemory.of("expected", 3 * BYTES)) {
            mixing(adapted("one", 5, 6), adapted("other", 5, 7)).fill(state, memory, new StateInitializer(9));
            new StateInitializer(5).fill(state.get(0), expected);
            new StateInitializer(6).fill(shard("layers.0.mlp.in.lora_a", StateKind.WEIGHT, SHAPE, 1), expected);
            new StateInitializer(7).fill(shard("layers.0.mlp.in.lora_a", StateKind.WEIGHT, SHAPE, 2), expected);
            for (int place = 0; place < 3; place++) {
                assertArrayEquals(values(expected, place), values(memory, place), "place " + place);
            }
        }
    }

    @Test
    void refusesToMixUpdatesOfTwoModels() {
        Path one = adapted("one", 5, 6);
        Path other = adapted("other", 4, 7);
        var refused = assertThrows(CheckpointException.class, () -> mixing(one, other));
        assertTrue(refused.getMessage().contains("did not adapt one model"), refused.getMessage());
    }

    /** Nothing of the dense model's would be in the experts. */
    @Test
    void refusesToUpcycleWhereTheOtherRunHasNoMlp() {
        var expert = shard("layers.1.moe.in", StateKind.WEIGHT, List.of(2L, 4L, 4L), 0);
        var start =
                StartingPoint.of(TinyJob.job(base, 1, 1, 4, 0).upcycling(base)).orElseThrow();
        try (HostMemory memory = HostMemory.of("job", BYTES)) {
            var refused = assertThrows(
                    CheckpointException.class, () -> start.fill(List.of(expert), memory, new StateInitializer(7)));
            assertTrue(refused.getMessage().contains("layers.1.moe.in"), refused.getMessage());
        }
    }

    @Test
    void refusesAnotherShapeBeforeAnythingIsCopied() {
        var state = List.of(
                shard("layers.0.mlp.in", StateKind.WEIGHT, List.of(8L, 4L), 0),
                shard("layers.0.mlp.in", StateKind.FIRST_MOMENT, List.of(8L, 4L), 1));
        try (HostMemory memory = HostMemory.of("job", 2 * BYTES)) {
            var refused =
                    assertThrows(CheckpointException.class, () -> start().fill(state, memory, new StateInitializer(7)));
            assertTrue(refused.getMessage().contains("[8, 4]"), refused.getMessage());
            assertArrayEquals(new double[BYTES / 8], values(memory, 0));
        }
    }

    @Test
    void refusesToFreezeWhatNobodyTrained() {
        var state = List.of(shard("layers.1.mlp.in", StateKind.WEIGHT, SHAPE, 0));
        try (HostMemory memory = HostMemory.of("job", BYTES)) {
            var refused =
                    assertThrows(CheckpointException.class, () -> start().fill(state, memory, new StateInitializer(7)));
            assertTrue(refused.getMessage().contains("does not train"), refused.getMessage());
        }
    }

    @Test
    void aJobWithoutAStartHasNone() {
        assertEquals(Optional.empty(), StartingPoint.of(TinyJob.job(base, 1, 1, 4, 0)));
    }
}
