package dev.dovetail.runtime.exchange;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Weights that are spread over several files. */
record WeightFiles(List<WeightFile> files) implements WeightFile {

    static WeightFile open(List<Path> paths) {
        return new WeightFiles(paths.stream().map(WeightFile::open).toList());
    }

    @Override
    public List<String> names() {
        return files.stream().flatMap(file -> file.names().stream()).toList();
    }

    @Override
    public Optional<StoredTensor> find(String name) {
        return files.stream()
                .map(file -> file.find(name))
                .flatMap(Optional::stream)
                .findFirst();
    }

    @Override
    public boolean has(String name) {
        return files.stream().anyMatch(file -> file.has(name));
    }
}
