package dev.dovetail.runtime.train;

import dev.dovetail.runtime.failure.JobFailure;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * metrics.jsonl: one JSON object per step, in order, without gaps.
 *
 * <p>A resumed run drops what was recorded after its checkpoint, so the file always is the curve of one run.
 */
final class MetricsFile implements AutoCloseable {
    private final Path file;
    private final JsonMapper json = JsonMapper.builder().build();
    private final BufferedWriter writer;

    private MetricsFile(Path file, BufferedWriter writer) {
        this.file = file;
        this.writer = writer;
    }

    /** Opens the file to go on at {@code step}. */
    static MetricsFile openAt(Path file, long step) {
        try {
            List<String> kept = linesBefore(file, step);
            Path trimmed = Files.write(file.resolveSibling(file.getFileName() + ".new"), kept);
            Files.move(trimmed, file, StandardCopyOption.ATOMIC_MOVE);
            return new MetricsFile(file, Files.newBufferedWriter(file, StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static List<String> linesBefore(Path file, long step) throws IOException {
        try {
            return Files.readAllLines(file).stream()
                    .takeWhile(line -> isBefore(line, step))
                    .toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** A line torn by a kill counts as after. */
    private static boolean isBefore(String line, long step) {
        try {
            return JsonMapper.shared().readTree(line).path("step").asLong(Long.MAX_VALUE) < step;
        } catch (JacksonException e) {
            return false;
        }
    }

    /** Adds one step and makes it visible to readers. */
    void add(Map<String, Object> row) {
        try {
            writer.write(json.writeValueAsString(row));
            writer.newLine();
            writer.flush();
        } catch (IOException e) {
            throw failed(file, e);
        }
    }

    private static JobFailure failed(Path file, IOException cause) {
        return new JobFailure(
                "`" + file + "` cannot be written: " + cause.getMessage(),
                "free space or fix permissions there, then run again to resume",
                cause);
    }

    @Override
    public void close() {
        try {
            writer.close();
        } catch (IOException e) {
            throw failed(file, e);
        }
    }
}
