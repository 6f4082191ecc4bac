package dev.dovetail.grammar;

import dev.dovetail.grammar.syntax.SourceText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where the specs that tests read lie; tests run in the module's folder. */
public final class SpecFolders {
    public static final Path EXAMPLES = Path.of("..", "specs");
    public static final Path GOOD = Path.of("src", "test", "resources", "good");
    public static final Path BAD = Path.of("src", "test", "resources", "bad");
    public static final Path CATALOG = Path.of("src", "main", "resources", "catalog");

    private SpecFolders() {}

    public static Stream<Path> specs(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            List<Path> specs = files.filter(file -> file.toString().endsWith(".dove"))
                    .sorted()
                    .toList();
            return specs.stream();
        }
    }

    public static SourceText read(Path path) throws IOException {
        return new SourceText(path.getFileName().toString(), Files.readString(path));
    }
}
