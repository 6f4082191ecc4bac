package dev.dovetail.runtime.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointStoreTest {
    private static final List<Long> SHAPE = List.of(6L, 10L);
    private static final Initial NORMAL = Initial.normal(1);

    @TempDir
    private Path root;

    private CheckpointStore store() {
        return new CheckpointStore(root.resolve("checkpoints"), 2);
    }

    private static StateShard whole(String name, long offset) {
        return StateShard.whole(name, StateKind.WEIGHT, ElementType.F64, SHAPE, offset, NORMAL);
    }

    private static StateShard box(List<Long> start, List<Long> extent, long offset) {
        return StateShard.box("w", StateKind.WEIGHT, ElementType.F64, SHAPE, start, extent, offset, NORMAL);
    }

    /** Saves the parts, each by a rank of its own, as the seed would fill them. */
    private static Manifest save(CheckpointStore store, long step, List<List<StateShard>> ranks) {
        store.begin(step);
        List<Manifest.StateFile> files = new ArrayList<>();
        for (int rank = 0; rank < ranks.size(); rank++) {
            try (HostMemory memory = HostMemory.of("rank " + rank, 8192)) {
                ranks.get(rank).forEach(shard -> new StateInitializer(step).fill(shard, memory));
                files.add(store.writeRank(step, rank, ranks.get(rank), memory));
            }
        }
        Manifest manifest = new Manifest(Manifest.SCHEMA, "job", step, 0, 0, "mesh", files);
        store.commit(manifest);
        return manifest;
    }

    private static void saveWhole(CheckpointStore store, long step) {
        save(store, step, List.of(List.of(whole("w", 0))));
    }

    /** What the seed gives for the part, which is what a checkpoint of that step must give back. */
    private static double[] expected(StateShard shard, long step, MemorySegment scratch) {
        new StateInitializer(step).fill(shard, scratch);
        return values(shard, scratch);
    }

    private static double[] values(StateShard shard, MemorySegment memory) {
        return memory.asSlice(shard.offset(), shard.bytes()).toArray(ValueLayout.JAVA_DOUBLE);
    }

    @Test
    void anyPartsSavedCanBeLoadedAsAnyOtherParts() {
        SplittableRandom random = new SplittableRandom(5);
        for (int trial = 0; trial < 100; trial++) {
            CheckpointStore store = new CheckpointStore(root.resolve("trial-" + trial), 1);
            save(store, 1, randomSplit(random));
            Checkpoint saved = store.latest().orElseThrow();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(8192, 64);
                MemorySegment scratch = arena.allocate(8192, 64);
                for (List<StateShard> rank : randomSplit(random)) {
                    for (StateShard shard : rank) {
                        saved.restore(shard, memory);
                        org.junit.jupiter.api.Assertions.assertArrayEquals(
                                expected(shard, 1, scratch), values(shard, memory), shard + " in trial " + trial);
                    }
                }
            }
        }
    }

    /** Cuts the tensor into a grid of boxes and each box into flat ranges, one rank for each. */
    private static List<List<StateShard>> randomSplit(SplittableRandom random) {
        List<List<StateShard>> ranks = new ArrayList<>();
        List<Long> rows = cuts(random, 6);
        List<Long> columns = cuts(random, 10);
        for (int i = 0; i + 1 < rows.size(); i++) {
            for (int j = 0; j + 1 < columns.size(); j++) {
                long height = rows.get(i + 1) - rows.get(i);
                long width = columns.get(j + 1) - columns.get(j);
                StateShard box = box(List.of(rows.get(i), columns.get(j)), List.of(height, width), 0);
                List<Long> flat = cuts(random, height * width);
                for (int k = 0; k + 1 < flat.size(); k++) {
                    long offset = 8 * random.nextLong(0, 100);
                    ranks.add(List.of(box.range(flat.get(k), flat.get(k + 1) - flat.get(k), offset)));
                }
            }
        }
        return ranks;
    }

    private static List<Long> cuts(SplittableRandom random, long extent) {
        List<Long> cuts = new ArrayList<>(List.of(0L, extent));
        for (int i = random.nextInt(0, 3); i > 0; i--) {
            cuts.add(random.nextLong(0, extent + 1));
        }
        return cuts.stream().sorted().toList();
    }

    @Test
    void theNewestAreKept() {
        CheckpointStore store = store();
        for (long step : new long[] {5, 10, 15, 20}) {
            saveWhole(store, step);
        }
        assertEquals(List.of(15L, 20L), store.steps());
    }

    @Test
    void anUnfinishedSaveIsNoCheckpoint() throws IOException {
        CheckpointStore store = store();
        saveWhole(store, 5);
        store.begin(10);
        try (HostMemory memory = HostMemory.of("rank 0", 8192)) {
            store.writeRank(10, 0, List.of(whole("w", 0)), memory);
        }
        assertEquals(5, store.latest().orElseThrow().step());
        saveWhole(store, 10);
        assertEquals(10, store.latest().orElseThrow().step());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rank-00000.state", "manifest.json", "manifest.crc32c"})
    void anyFlippedBitIsNoticedAndTheCheckpointBeforeIsOffered(String name) throws IOException {
        CheckpointStore store = store();
        saveWhole(store, 5);
        saveWhole(store, 10);
        Path file = store.folder(10).resolve(name);
        byte[] good = Files.readAllBytes(file);
        SplittableRandom random = new SplittableRandom(3);
        for (int trial = 0; trial < 30; trial++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bad);
            CheckpointException failure = assertThrows(CheckpointException.class, () -> loadWhole(store));
            assertTrue(failure.getMessage().contains(store.folder(10).toString()), failure.getMessage());
            assertTrue(failure.help().contains("the checkpoint of step 5 is whole"), failure.help());
        }
        Files.write(file, good);
        loadWhole(store);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rank-00000.state", "manifest.json"})
    void aTruncatedFileIsNoticed(String name) throws IOException {
        CheckpointStore store = store();
        saveWhole(store, 10);
        Path file = store.folder(10).resolve(name);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() - 1);
        }
        CheckpointException failure = assertThrows(CheckpointException.class, () -> loadWhole(store));
        assertTrue(failure.getMessage().contains(file.toString()), failure.getMessage());
        assertTrue(failure.getMessage().contains("is damaged"), failure.getMessage());
        assertTrue(failure.help().contains("--fresh"), "nothing older is left: " + failure.help());
    }

    @Test
    void aMissingFileIsNamed() throws IOException {
        CheckpointStore store = store();
        saveWhole(store, 10);
        Files.delete(store.folder(10).resolve("rank-00000.state"));
        CheckpointException failure = assertThrows(CheckpointException.class, () -> loadWhole(store));
        assertTrue(failure.getMessage().contains("rank-00000.state"), failure.getMessage());
    }

    @Test
    void damageReachesNoMemory() throws IOException {
        CheckpointStore store = store();
        saveWhole(store, 10);
        Path file = store.folder(10).resolve("rank-00000.state");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(8192, 64);
            Checkpoint saved = store.latest().orElseThrow();
            assertThrows(CheckpointException.class, () -> saved.restore(whole("w", 0), memory));
            assertEquals(-1, memory.mismatch(arena.allocate(8192, 64)));
        }
    }

    @Test
    void anotherShapeNamesBoth() {
        CheckpointStore store = store();
        saveWhole(store, 10);
        StateShard wider = StateShard.whole("w", StateKind.WEIGHT, ElementType.F64, List.of(6L, 12L), 0, NORMAL);
        CheckpointException failure = assertThrows(CheckpointException.class, () -> load(store, wider));
        assertTrue(
                failure.getMessage().contains("weight of `w` is F64 [6, 10], and this job needs F64 [6, 12]"),
                failure.getMessage());
    }

    @Test
    void anotherTypeNamesBoth() {
        CheckpointStore store = store();
        saveWhole(store, 10);
        StateShard narrow = StateShard.whole("w", StateKind.WEIGHT, ElementType.F32, SHAPE, 0, NORMAL);
        CheckpointException failure = assertThrows(CheckpointException.class, () -> load(store, narrow));
        assertTrue(failure.getMessage().contains("needs F32"), failure.getMessage());
    }

    @Test
    void anUnknownTensorIsNamed() {
        CheckpointStore store = store();
        saveWhole(store, 10);
        CheckpointException failure = assertThrows(CheckpointException.class, () -> load(store, whole("u", 0)));
        assertTrue(failure.getMessage().contains("no weight of `u`"), failure.getMessage());
    }

    @Test
    void aHoleIsNoticed() {
        CheckpointStore store = store();
        save(store, 10, List.of(List.of(box(List.of(0L, 0L), List.of(6L, 4L), 0))));
        CheckpointException failure = assertThrows(CheckpointException.class, () -> loadWhole(store));
        assertTrue(failure.getMessage().contains("lacks element 4 of weight of `w`"), failure.getMessage());
    }

    @Test
    void aFullDiskKeepsWhatWasSaved() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.isWritable(full), "this system has no /dev/full to play a full disk");
        saveWhole(store(), 5);
        CheckpointStore filled = new CheckpointStore(
                root.resolve("checkpoints"), 2, file -> FileChannel.open(full, StandardOpenOption.WRITE));
        CheckpointException failure = assertThrows(CheckpointException.class, () -> saveWhole(filled, 10));
        assertTrue(failure.getMessage().contains("No space left on device"), failure.getMessage());
        assertTrue(failure.getMessage().contains("the checkpoint of step 5 is untouched"), failure.getMessage());
        assertEquals(5, store().latest().orElseThrow().step());
        loadWhole(store());
    }

    @Test
    void savingTheSameStepAgainReplacesIt() {
        CheckpointStore store = store();
        saveWhole(store, 5);
        saveWhole(store, 5);
        assertEquals(List.of(5L), store.steps());
        loadWhole(store);
    }

    @Test
    void aFolderWithoutCheckpointsHasNone() {
        assertFalse(store().latest().isPresent());
    }

    private static void loadWhole(CheckpointStore store) {
        load(store, whole("w", 0));
    }

    private static void load(CheckpointStore store, StateShard shard) {
        try (Arena arena = Arena.ofConfined()) {
            store.latest().orElseThrow().restore(shard, arena.allocate(8192, 64));
        }
    }
}
