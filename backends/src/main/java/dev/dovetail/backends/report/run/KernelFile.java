package dev.dovetail.backends.report.run;

import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.KernelRow.Build;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads {@code kernels.json} of a job's folder: what {@code dovetail kernels check --json} prints. */
public final class KernelFile {
    private KernelFile() {}

    /**
     * Empty where there is no such file.
     *
     * @throws RunFileException where it is broken
     */
    public static List<KernelRow> read(Path folder) throws IOException {
        Path file = folder.resolve("kernels.json");
        if (!Files.exists(file)) {
            return List.of();
        }
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(file))
                    .path("kernels")
                    .valueStream()
                    .map(KernelFile::row)
                    .toList();
        } catch (JacksonException e) {
            throw new RunFileException(file, "it is not JSON", e);
        }
    }

    private static KernelRow row(JsonNode kernel) {
        String name = kernel.path("kernel").asString("");
        Optional<Seconds> time = kernel.has("milliseconds")
                ? Optional.of(Seconds.ofMillis(kernel.path("milliseconds").asDouble()))
                : Optional.empty();
        return new KernelRow(
                name,
                name + ".cu",
                kernel.path("operator").asString(""),
                kernel.path("entries").valueStream().map(KernelFile::build).toList(),
                time);
    }

    private static Build build(JsonNode entry) {
        return new Build(
                entry.path("entry").asString(""),
                entry.path("architecture").asString(""),
                entry.path("registers").asInt(0),
                Bytes.of(entry.path("shared_bytes").asLong(0)),
                Bytes.of(entry.path("spill_bytes").asLong(0)));
    }
}
