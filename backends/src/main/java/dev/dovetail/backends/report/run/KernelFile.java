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

/**
 * The CUDA kernels in a job's folder: what the compiler made of them by {@code cuda/resources.json}, or, where none was at
 * hand, the files alone.
 */
public final class KernelFile {
    private KernelFile() {}

    /**
     * Empty where no kernels were written.
     *
     * @throws RunFileException where the file is broken
     */
    public static List<KernelRow> read(Path folder) throws IOException {
        Path cuda = folder.resolve("cuda");
        Path resources = cuda.resolve("resources.json");
        if (!Files.isDirectory(cuda)) {
            return List.of();
        }
        return Files.exists(resources) ? compiled(resources) : written(cuda);
    }

    private static List<KernelRow> written(Path cuda) throws IOException {
        try (var files = Files.list(cuda)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .sorted()
                    .map(name ->
                            new KernelRow(name.replace(".cu", ""), "cuda/" + name, "", List.of(), Optional.empty()))
                    .toList();
        }
    }

    private static List<KernelRow> compiled(Path resources) throws IOException {
        try {
            return JsonMapper.shared()
                    .readTree(Files.readString(resources))
                    .path("kernels")
                    .valueStream()
                    .map(KernelFile::row)
                    .toList();
        } catch (JacksonException e) {
            throw new RunFileException(resources, "it is not JSON", e);
        }
    }

    private static KernelRow row(JsonNode kernel) {
        String name = kernel.path("kernel").asString("");
        Optional<Seconds> time = kernel.has("milliseconds")
                ? Optional.of(Seconds.ofMillis(kernel.path("milliseconds").asDouble()))
                : Optional.empty();
        return new KernelRow(
                name,
                "cuda/" + kernel.path("file").asString(name + ".cu"),
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
