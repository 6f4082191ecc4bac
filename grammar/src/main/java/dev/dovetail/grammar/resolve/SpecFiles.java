package dev.dovetail.grammar.resolve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the files a spec names; paths are relative to the folder of the spec that names them. */
final class SpecFiles {
    private final Catalog catalog;

    SpecFiles(Catalog catalog) {
        this.catalog = catalog;
    }

    /** Empty where there is no such file; throws where there is one that cannot be read. */
    Optional<String> read(Path file) throws IOException {
        return Files.isRegularFile(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    }

    /** Beside the spec first, then in the shipped catalog. */
    Optional<String> config(Path folder, String path) throws IOException {
        Optional<String> beside = read(folder.resolve(path));
        return beside.isPresent() ? beside : catalog.config(path);
    }
}
