package dev.dovetail.runtime.checkpoint;

import dev.dovetail.runtime.memory.RankMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import tools.jackson.databind.json.JsonMapper;

/**
 * The checkpoints of one run: a folder per step, whole or absent.
 *
 * <p>A checkpoint is written into a folder of another name, file by file with fsync, manifest last, and then renamed. A
 * process killed at any moment leaves the checkpoints before it untouched.
 */
public final class CheckpointStore {
    static final String MANIFEST = "manifest.json";
    static final String MANIFEST_CHECKSUM = "manifest.crc32c";
    private static final String PARTIAL = ".partial";

    /** Opens a new file for writing; a test puts a full disk here. */
    @FunctionalInterface
    public interface Opener {
        FileChannel open(Path file) throws IOException;

        static Opener files() {
            return file -> FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        }
    }

    private final Path root;
    private final int keep;
    private final Opener opener;
    private final JsonMapper json = JsonMapper.builder().build();

    /** @param keep how many of the newest checkpoints stay */
    public CheckpointStore(Path root, int keep) {
        this(root, keep, Opener.files());
    }

    public CheckpointStore(Path root, int keep, Opener opener) {
        if (keep < 1) {
            throw new IllegalArgumentException("at least one checkpoint is kept, not " + keep);
        }
        this.root = root;
        this.keep = keep;
        this.opener = opener;
    }

    /** The folder of a whole checkpoint. */
    public Path root() {
        return root;
    }

    public Path folder(long step) {
        return root.resolve(String.format(Locale.ROOT, "step-%08d", step));
    }

    private Path partial(long step) {
        return root.resolve(folder(step).getFileName() + PARTIAL);
    }

    /** Steps with a checkpoint, oldest first. */
    public List<Long> steps() {
        try (Stream<Path> folders = Files.list(root)) {
            return folders.map(folder -> folder.getFileName().toString())
                    .filter(name -> name.matches("step-\\d{8,}"))
                    .map(name -> Long.parseLong(name.substring(5)))
                    .sorted()
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new CheckpointException(
                    "the checkpoint folder `" + root + "` cannot be read: " + e.getMessage(),
                    "check its permissions",
                    e);
        }
    }

    /** The newest checkpoint, its manifest verified. */
    public Optional<Checkpoint> latest() {
        List<Long> steps = steps();
        return steps.isEmpty() ? Optional.empty() : Optional.of(open(steps.getLast()));
    }

    public Checkpoint open(long step) {
        return Checkpoint.open(folder(step), wholeBefore(step));
    }

    /** What a user is told when the checkpoint of {@code step} is damaged. */
    private String wholeBefore(long step) {
        Optional<Long> before = steps().stream()
                .filter(s -> s < step)
                .max(Comparator.naturalOrder())
                .filter(this::isWhole);
        return before.map(s -> "the checkpoint of step " + s + " is whole; delete `" + folder(step)
                        + "` and run again to go on from there")
                .orElse("no older checkpoint is left; start over with `--fresh`");
    }

    private boolean isWhole(long step) {
        try {
            Checkpoint.open(folder(step), "").verifyAll();
            return true;
        } catch (CheckpointException e) {
            return false;
        }
    }

    // --- writing ----------------------------------------------------------------------------------------------------

    /** Makes room for a new checkpoint; one rank calls it before any writes. */
    public void begin(long step) {
        try {
            deleteFolder(partial(step));
            Files.createDirectories(partial(step));
        } catch (IOException e) {
            throw failed(step, partial(step), e);
        }
    }

    /** Writes one rank's parts durably and describes the file. */
    public Manifest.StateFile writeRank(
            long step, int rank, List<dev.dovetail.runtime.rank.StateShard> shards, RankMemory memory) {
        Path file = partial(step).resolve(String.format(Locale.ROOT, "rank-%05d.state", rank));
        try {
            return StateFileWriter.write(opener, file, shards, memory);
        } catch (IOException e) {
            throw failed(step, file, e);
        }
    }

    /** Makes the checkpoint valid: manifest, rename, and only then the oldest ones go. */
    public void commit(Manifest manifest) {
        Path partial = partial(manifest.step());
        Path whole = folder(manifest.step());
        try {
            byte[] text = json.writerWithDefaultPrettyPrinter()
                    .writeValueAsString(manifest)
                    .getBytes(StandardCharsets.UTF_8);
            writeDurably(partial.resolve(MANIFEST), text);
            writeDurably(
                    partial.resolve(MANIFEST_CHECKSUM),
                    Long.toHexString(checksum(text)).getBytes(StandardCharsets.US_ASCII));
            sync(partial);
            Path replaced = root.resolve(whole.getFileName() + ".replaced");
            deleteFolder(replaced);
            if (Files.exists(whole)) {
                Files.move(whole, replaced, StandardCopyOption.ATOMIC_MOVE);
            }
            Files.move(partial, whole, StandardCopyOption.ATOMIC_MOVE);
            sync(root);
            deleteFolder(replaced);
        } catch (IOException e) {
            throw failed(manifest.step(), partial, e);
        }
        prune();
    }

    static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    private void writeDurably(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = opener.open(file)) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
    }

    /** A rename lasts once the folder that holds the name is on disk. */
    private static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private void prune() {
        List<Long> steps = steps();
        for (long step : steps.subList(0, Math.max(0, steps.size() - keep))) {
            try {
                deleteFolder(folder(step));
            } catch (IOException e) {
                // An old checkpoint too many harms nobody; the next save tries again.
            }
        }
    }

    /** Forgets every checkpoint: the run starts over. */
    public void clear() {
        try {
            deleteFolder(root);
        } catch (IOException e) {
            throw new CheckpointException(
                    "the old checkpoints in `" + root + "` cannot be deleted: " + e.getMessage(),
                    "delete the folder by hand, or choose another output folder",
                    e);
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private CheckpointException failed(long step, Path file, IOException cause) {
        List<Long> saved = steps();
        String kept = saved.isEmpty()
                ? "nothing was saved before"
                : "the checkpoint of step " + saved.getLast() + " is untouched";
        return new CheckpointException(
                "the checkpoint of step " + step + " cannot be written: `" + file + "`: " + reason(cause) + "; " + kept,
                "free space or fix permissions there, then run again to resume",
                cause);
    }

    private static String reason(IOException cause) {
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
