package dev.dovetail.runtime.train;

import dev.dovetail.runtime.failure.JobFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Where a run keeps what it leaves behind: checkpoints, metrics, summary. */
public record RunFolder(Path root) {
    public Path checkpoints() {
        return root.resolve("checkpoints");
    }

    public Path metrics() {
        return root.resolve("metrics.jsonl");
    }

    public Path summary() {
        return root.resolve("summary.json");
    }

    /** Whether a run that came to its end has left its summary. */
    boolean isSummed() throws IOException {
        if (!Files.exists(summary())) {
            return false;
        }
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(summary()))
                    .path("status")
                    .asString("")
                    .equals(RunSummary.FINISHED);
        } catch (JacksonException torn) {
            return false;
        }
    }

    public Path timeline() {
        return root.resolve("timeline.json");
    }

    public Path logs() {
        return root.resolve("logs");
    }

    /** Keeps other runs out until it is closed, or until the process ends in whatever way. */
    public record Claim(FileChannel channel, FileLock lock) implements AutoCloseable {
        @Override
        public void close() {
            try {
                lock.release();
                channel.close();
            } catch (IOException e) {
                // The system releases it when the process ends.
            }
        }
    }

    /** Makes the folder and claims it for this run. */
    public Claim claim() {
        Path file = root.resolve("run.lock");
        try {
            Files.createDirectories(root);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String owner = Files.readString(file).strip();
                channel.close();
                throw new JobFailure(
                        "the folder `" + root + "` is in use by another run (process " + owner + ")",
                        "wait for it, stop it, or choose another folder with `-o`");
            }
            channel.truncate(0);
            channel.write(
                    ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
            return new Claim(channel, lock);
        } catch (IOException e) {
            throw new JobFailure(
                    "the folder `" + root + "` cannot be used: " + e.getMessage(),
                    "check its path and permissions, or choose another folder with `-o`",
                    e);
        }
    }

    /** Null, as in the JDK, when another process or another part of this one has it. */
    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** Forgets what an earlier run left, for a fresh start. */
    public void forgetMetrics() {
        try {
            Files.deleteIfExists(metrics());
            Files.deleteIfExists(summary());
        } catch (IOException e) {
            throw new JobFailure(
                    "`" + metrics() + "` cannot be deleted: " + e.getMessage(), "delete it by hand, then run again", e);
        }
    }
}
