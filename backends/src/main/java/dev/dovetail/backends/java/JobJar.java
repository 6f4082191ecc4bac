package dev.dovetail.backends.java;

import dev.dovetail.backends.cpu.compile.KernelCompiler;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compiles a job's sources and packs them with everything they need: {@code java -jar job.jar} simply runs. */
public final class JobJar {
    private static final String FILE = "job.jar";
    private static final String SOURCES = "src";

    private final List<Path> libraries;

    /** @param libraries jars or folders of classes that a job needs: the runtime and its own libraries */
    public JobJar(List<Path> libraries) {
        this.libraries = List.copyOf(libraries);
    }

    /**
     * Writes {@code job.jar} and, for people, {@code src/}; the same sources give the same bytes.
     *
     * @return the jar
     * @throws UncheckedIOException where the folder cannot be written
     */
    public Path write(JobSources sources, Path folder) {
        return write(sources, folder, Map.of());
    }

    /**
     * As above, with files that lie beside the job's main class.
     *
     * @param files content by name, such as a module with a device's kernels
     */
    public Path write(JobSources sources, Path folder, Map<String, byte[]> files) {
        String classpath = libraries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        var classes = new KernelCompiler(classpath)
                .compile(sources.all().stream().map(JavaSource::forCompiler).toList());
        var archive = new JarArchive(sources.main().className());
        classes.forEach((name, bytes) -> archive.add(name.replace('.', '/') + ".class", bytes));
        String home = sources.packageName().replace('.', '/') + "/";
        files.forEach((name, content) -> archive.add(home + name, content));
        try {
            for (Path library : libraries) {
                archive.merge(library);
            }
            Files.createDirectories(folder);
            writeSources(sources, folder.resolve(SOURCES));
            Path jar = folder.resolve(FILE);
            archive.write(jar);
            return jar;
        } catch (IOException e) {
            throw new UncheckedIOException("the job cannot be written to `" + folder + "`: " + e.getMessage(), e);
        }
    }

    private static void writeSources(JobSources sources, Path root) throws IOException {
        deleteGenerated(root.resolve(sources.packageName().replace('.', '/')));
        for (JavaSource source : sources.all()) {
            Path file = root.resolve(source.path());
            Files.createDirectories(file.getParent());
            Files.writeString(file, source.text());
        }
    }

    /** Kernels of an earlier plan would only confuse the reader. */
    private static void deleteGenerated(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
