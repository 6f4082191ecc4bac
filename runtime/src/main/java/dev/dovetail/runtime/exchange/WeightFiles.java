package dev.dovetail.runtime.exchange;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Weights that are spread over several files. */
record WeightFiles(List<WeightFile> files) implements WeightFile {

    static WeightFile open(List<Path> paths) {
        var files = new ArrayList<WeightFile>();
        try {
            paths.forEach(path -> files.add(WeightFile.open(path)));
        } catch (WeightFileException damaged) {
            files.forEach(WeightFile::close);
            throw damaged;
        }
        return new WeightFiles(files);
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

    @Override
    public void close() {
        files.forEach(WeightFile::close);
    }
}
