package dev.dovetail.runtime.exchange;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Tensors by name, as a file of another system holds them; open while it is read. */
public interface WeightFile extends AutoCloseable {
    List<String> names();

    Optional<StoredTensor> find(String name);

    @Override
    void close();

    /** Opens a {@code .safetensors} or an {@code .onnx} file; throws {@link WeightFileException}. */
    static WeightFile open(Path file) {
        return file.toString().endsWith(".onnx") ? OnnxWeights.open(file) : Safetensors.open(file);
    }
}
