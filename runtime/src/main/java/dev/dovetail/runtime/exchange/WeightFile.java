package dev.dovetail.runtime.exchange;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Tensors by name, as a file of another system holds them. */
public interface WeightFile {
    List<String> names();

    Optional<StoredTensor> find(String name);

    /** Whether there is a tensor of that name; reads none. */
    boolean has(String name);

    /**
     * The weights in a folder: all its safetensors files, or one ONNX file.
     *
     * @throws WeightFileException where it has none
     */
    static WeightFile in(Path folder) {
        try (Stream<Path> inside = Files.list(folder)) {
            List<Path> files = inside.sorted().toList();
            List<Path> shards = files.stream()
                    .filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
            List<Path> found = shards.isEmpty()
                    ? files.stream()
                            .filter(file -> file.toString().endsWith(".onnx"))
                            .limit(1)
                            .toList()
                    : shards;
            if (found.isEmpty()) {
                throw new WeightFileException(
                        "`" + folder + "` holds no weights", "they are in .safetensors files, or in one .onnx file");
            }
            return WeightFiles.open(found);
        } catch (IOException missing) {
            throw new WeightFileException("`" + folder + "` cannot be read", "check the path", missing);
        }
    }

    /** Opens a {@code .safetensors} or an {@code .onnx} file; throws {@link WeightFileException}. */
    static WeightFile open(Path file) {
        return file.toString().endsWith(".onnx") ? OnnxWeights.open(file) : Safetensors.open(file);
    }
}
