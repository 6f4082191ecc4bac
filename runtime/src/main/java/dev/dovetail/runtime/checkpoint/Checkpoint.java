package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.BoxRuns;
import dev.dovetail.runtime.rank.Initial;
import dev.dovetail.runtime.rank.StateKind;
import dev.dovetail.runtime.rank.StateShard;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A saved state that ranks of any plan can load their parts from.
 *
 * <p>A file's checksum is compared before anything from it reaches a rank's memory. Several rank threads may restore at
 * once.
 */
public final class Checkpoint {
    /** A stretch of a global tensor as it lies in a file. */
    private record Stretch(SavedFile file, long offset, long length) {}

    /** A file that belongs to a checkpoint: of a joined one, perhaps another's. */
    private record SavedFile(Path path, long bytes, long crc32c) {}

    private record Key(String tensor, StateKind kind) {}

    private final Path folder;
    private final String help;
    private final Manifest manifest;
    private final Map<Key, Manifest.Piece> examples = new HashMap<>();
    private final Map<Key, TreeMap<Long, Stretch>> stretches = new HashMap<>();
    private final Set<Path> verified = new HashSet<>();

    private Checkpoint(Path folder, String help, Manifest manifest) {
        this.folder = folder;
        this.help = help;
        this.manifest = manifest;
        index(this);
    }

    private void index(Checkpoint other) {
        for (Manifest.StateFile file : other.manifest.files()) {
            var saved = new SavedFile(other.folder.resolve(file.name()), file.bytes(), file.crc32c());
            file.pieces().forEach(piece -> index(saved, piece));
        }
    }

    private void index(SavedFile file, Manifest.Piece piece) {
        Key key = new Key(piece.tensor(), piece.kind());
        examples.putIfAbsent(key, piece);
        TreeMap<Long, Stretch> of = stretches.computeIfAbsent(key, k -> new TreeMap<>());
        BoxRuns.visit(shard(piece), (global, held, length) -> {
            Stretch stretch =
                    new Stretch(file, piece.offset() + held * piece.type().bytes(), length);
            of.merge(global, stretch, (a, b) -> a.length() >= b.length() ? a : b);
        });
    }

    private static StateShard shard(Manifest.Piece p) {
        return new StateShard(
                p.tensor(),
                p.kind(),
                p.type(),
                p.shape(),
                p.start(),
                p.extent(),
                p.first(),
                p.count(),
                p.offset(),
                Initial.zeros());
    }

    static Checkpoint open(Path folder, String help) {
        Path file = folder.resolve(CheckpointStore.MANIFEST);
        try {
            byte[] text = Files.readAllBytes(file);
            String expected = Files.readString(folder.resolve(CheckpointStore.MANIFEST_CHECKSUM));
            if (!Long.toHexString(CheckpointStore.checksum(text)).equals(expected.strip())) {
                throw new CheckpointException("`" + file + "` is damaged: its checksum does not match", help);
            }
            JsonMapper json = JsonMapper.builder()
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();
            Manifest manifest = json.readValue(new String(text, StandardCharsets.UTF_8), Manifest.class);
            if (manifest.schema() != Manifest.SCHEMA) {
                throw new CheckpointException(
                        "`" + file + "` has form " + manifest.schema() + " and this version reads " + Manifest.SCHEMA,
                        "use the version of the program that wrote it");
            }
            return new Checkpoint(folder, help, manifest);
        } catch (IOException | JacksonException e) {
            throw new CheckpointException("`" + file + "` cannot be read: " + e.getMessage(), help, e);
        }
    }

    /** The same files, each piece read as {@code reading} has it: as another, or as several. */
    Checkpoint read(Function<Manifest.Piece, Stream<Manifest.Piece>> reading) {
        return new Checkpoint(folder, help, manifest.read(reading));
    }

    /** What this and {@code other} hold, of which this one's manifest speaks; of a tensor in both, this one's. */
    Checkpoint joinedWith(Checkpoint other) {
        var joined = new Checkpoint(folder, help, manifest);
        Set<String> own = Set.copyOf(tensors());
        joined.index(other.read(piece -> own.contains(piece.tensor()) ? Stream.empty() : Stream.of(piece)));
        return joined;
    }

    public Manifest manifest() {
        return manifest;
    }

    public Path folder() {
        return folder;
    }

    /** The next step to run. */
    public long step() {
        return manifest.step();
    }

    /** Stops a job whose model is not the one that was saved. */
    public void requireJob(String fingerprint) {
        if (!manifest.job().equals(fingerprint)) {
            throw new CheckpointException(
                    "the checkpoint `" + folder + "` belongs to another spec",
                    "choose another output folder with `-o`, or start over with `--fresh`");
        }
    }

    /** Copies the part that {@code shard} names into {@code memory}, whoever wrote it. */
    public void restore(StateShard shard, RankMemory memory) {
        if (shard.count() > 0) {
            memory.edit(shard.offset(), shard.bytes(), values -> restore(shard.movedTo(0), values));
        }
    }

    /** Copies the part that {@code shard} names into {@code memory}, whoever wrote it. */
    public void restore(StateShard shard, MemorySegment memory) {
        if (shard.count() == 0) {
            return;
        }
        TreeMap<Long, Stretch> saved =
                requireSaved(shard, "choose another output folder with `-o`, or start over with `--fresh`");
        Map<Path, FileChannel> open = new HashMap<>();
        try {
            BoxRuns.visit(shard, (global, held, length) -> {
                long done = 0;
                while (done < length) {
                    done += copy(shard, saved, global + done, held + done, length - done, memory, open);
                }
            });
        } finally {
            open.values().forEach(Checkpoint::closeQuietly);
        }
    }

    /** Throws where {@link #restoreWeight} would find another shape or element type. */
    public void requireWeight(StateShard shard) {
        var unused = requireSaved(asSaved(shard), "start from a run of the same model in the same numbers");
    }

    /**
     * Copies a weight, or the exact copy that an optimizer keeps of it: each can start from the other. Throws where it has
     * something that is no number, from which nothing could be trained.
     */
    public void restoreWeight(StateShard shard, RankMemory memory) {
        restore(asSaved(shard), memory);
        MemorySegment values = memory.view(shard.offset(), shard.bytes());
        for (long i = 0; i < shard.count(); i++) {
            double value = shard.type().number(values, i);
            if (!Double.isFinite(value)) {
                throw new CheckpointException(
                        "in the checkpoint `" + folder + "`, " + describe(asSaved(shard)) + " has a " + value,
                        "start from an earlier checkpoint, or from another run");
            }
        }
    }

    /** The weight under the kind that was saved in the shard's element type. */
    private StateShard asSaved(StateShard shard) {
        StateShard exact = shard.withKind(StateKind.MASTER);
        Manifest.Piece master = examples.get(new Key(shard.tensor(), StateKind.MASTER));
        boolean isMaster = master != null && master.type() == shard.type();
        return isMaster ? exact : shard.withKind(StateKind.WEIGHT);
    }

    private TreeMap<Long, Stretch> requireSaved(StateShard shard, String wayOut) {
        Key key = new Key(shard.tensor(), shard.kind());
        Manifest.Piece example = Optional.ofNullable(examples.get(key))
                .orElseThrow(() -> new CheckpointException(
                        "the checkpoint `" + folder + "` has no " + describe(shard) + "; it was saved by another model",
                        wayOut));
        if (!example.shape().equals(shard.shape()) || example.type() != shard.type()) {
            throw new CheckpointException(
                    "in the checkpoint `" + folder + "`, " + describe(shard) + " is " + example.type() + " "
                            + example.shape() + ", and this job needs " + shard.type() + " " + shard.shape(),
                    wayOut);
        }
        return stretches.get(key);
    }

    private static String describe(StateShard shard) {
        String kind = shard.kind().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        return kind + " of `" + shard.tensor() + "`";
    }

    /** Copies as much of a run as one stretch has, and says how many elements that were. */
    private long copy(
            StateShard shard,
            TreeMap<Long, Stretch> saved,
            long global,
            long held,
            long length,
            MemorySegment memory,
            Map<Path, FileChannel> open) {
        Map.Entry<Long, Stretch> found = saved.floorEntry(global);
        if (found == null || found.getKey() + found.getValue().length() <= global) {
            throw new CheckpointException(
                    "the checkpoint `" + folder + "` lacks element " + global + " of " + describe(shard), help);
        }
        Stretch stretch = found.getValue();
        long skipped = global - found.getKey();
        long elements = Math.min(length, stretch.length() - skipped);
        int width = shard.type().bytes();
        verify(stretch.file());
        FileChannel channel = open.computeIfAbsent(stretch.file().path(), this::openFile);
        read(
                channel,
                stretch.file().path(),
                stretch.offset() + skipped * width,
                memory.asSlice(shard.offset() + held * width, elements * width));
        return elements;
    }

    private FileChannel openFile(Path file) {
        try {
            return FileChannel.open(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private void read(FileChannel channel, Path file, long offset, MemorySegment into) {
        try {
            for (long done = 0; done < into.byteSize(); ) {
                ByteBuffer slice = into.asSlice(done, Math.min(8L << 20, into.byteSize() - done))
                        .asByteBuffer();
                int got = channel.read(slice, offset + done);
                if (got < 0) {
                    throw new IOException("the file ends early");
                }
                done += got;
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Reads every file to the end and compares its checksum. */
    public void verifyAll() {
        stretches.values().forEach(of -> of.values().forEach(stretch -> verify(stretch.file())));
    }

    private synchronized void verify(SavedFile file) {
        if (!verified.contains(file.path())) {
            compareChecksum(file);
            verified.add(file.path());
        }
    }

    private void compareChecksum(SavedFile file) {
        Path path = file.path();
        try (Arena arena = Arena.ofConfined();
                FileChannel channel = FileChannel.open(path)) {
            if (channel.size() != file.bytes()) {
                throw new CheckpointException(
                        "`" + path + "` is damaged: it has " + channel.size() + " bytes instead of " + file.bytes(),
                        help);
            }
            MemorySegment content = channel.map(FileChannel.MapMode.READ_ONLY, 0, file.bytes(), arena);
            CRC32C crc = new CRC32C();
            for (long done = 0; done < file.bytes(); done += 64L << 20) {
                crc.update(content.asSlice(done, Math.min(64L << 20, file.bytes() - done))
                        .asByteBuffer());
            }
            if (crc.getValue() != file.crc32c()) {
                throw new CheckpointException(
                        "`" + path + "` is damaged: the checksum of its content does not match", help);
            }
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private CheckpointException unreadable(Path file, IOException cause) {
        return new CheckpointException("`" + file + "` cannot be read: " + cause.getMessage(), help, cause);
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // It was only read from.
        }
    }

    /** The global shape of a saved tensor. */
    public List<Long> shape(String tensor, StateKind kind) {
        return examples.get(new Key(tensor, kind)).shape();
    }

    /** What its elements were saved as. */
    public ElementType type(String tensor, StateKind kind) {
        return examples.get(new Key(tensor, kind)).type();
    }

    /** Names of the saved tensors, for messages and tools. */
    public List<String> tensors() {
        return examples.keySet().stream().map(Key::tensor).distinct().sorted().toList();
    }
}
