package dev.dovetail.cli.compile;

import dev.dovetail.backends.launch.LaunchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The folder {@code launch/} of an output folder. */
public record LaunchFolder(Path output) {

    /** Files written, in the order of writing. */
    public List<Path> write(List<LaunchFile> files) throws IOException {
        Path folder = output.resolve("launch");
        Files.createDirectories(folder);
        var written = new ArrayList<Path>();
        for (LaunchFile file : files) {
            written.add(Files.writeString(folder.resolve(file.name()), file.text()));
        }
        return written;
    }
}
