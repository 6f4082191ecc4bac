package dev.dovetail.backends.cuda.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** One run of an external program: what it printed and how it ended. */
public record ToolRun(List<String> command, int exit, String output) {

    /** Runs {@code command} in {@code folder} to its end; standard output and error come back together. */
    public static ToolRun of(Path folder, List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ToolRun(List.copyOf(command), process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(command.getFirst() + " could not be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command.getFirst() + " ran", e);
        }
    }

    public ToolRun orThrow() {
        if (exit != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed (" + exit + "):\n" + output);
        }
        return this;
    }

    /** Finds a program in the folders of {@code searchPath}, then in {@code elsewhere}. */
    public static Optional<Path> find(String program, String searchPath, Path... elsewhere) {
        var onPath = Arrays.stream(searchPath.split(java.io.File.pathSeparator)).map(Path::of);
        return java.util.stream.Stream.concat(onPath, Arrays.stream(elsewhere))
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
