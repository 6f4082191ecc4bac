package dev.dovetail.backends.cuda.compile;

import dev.dovetail.backends.cuda.CudaKernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Compiles kernels with nvcc, warnings as errors, into one module with machine code for each architecture.
 *
 * <p>All kernels go through one call, since starting nvcc costs more than most kernels. The result is kept under a hash of
 * everything it depends on; the same kernels are never compiled twice in a folder.
 */
public final class NvccCompiler implements ModuleCompiler {
    private static final Path USUAL_FOLDER = Path.of("/usr/local/cuda/bin");
    private static final List<String> FLAGS =
            List.of("-std=c++17", "-fatbin", "-Werror", "all-warnings", "-Xptxas", "-v");

    private final Path nvcc;
    private final Path folder;
    private final List<GpuArchitecture> architectures;
    private final String version;

    /**
     * @param nvcc the compiler
     * @param folder where sources and results are kept; created where it is missing
     * @param architectures what to compile for; at least one
     */
    public NvccCompiler(Path nvcc, Path folder, List<GpuArchitecture> architectures) {
        this.nvcc = nvcc;
        this.folder = folder.toAbsolutePath();
        this.architectures = List.copyOf(architectures);
        if (architectures.isEmpty()) {
            throw new IllegalArgumentException("nvcc needs at least one architecture to compile for");
        }
        create(this.folder);
        this.version = ToolRun.of(this.folder, List.of(nvcc.toString(), "--version"))
                .orThrow()
                .output();
    }

    /** nvcc in the folders of {@code searchPath}, or where CUDA is usually installed. */
    public static Optional<Path> find(String searchPath) {
        return ToolRun.find("nvcc", searchPath, USUAL_FOLDER);
    }

    /** Those of our architectures that this nvcc knows. */
    public static List<GpuArchitecture> architectures(Path nvcc) {
        List<String> known = ToolRun.of(Path.of("."), List.of(nvcc.toString(), "--list-gpu-code"))
                .orThrow()
                .output()
                .lines()
                .map(String::strip)
                .toList();
        return Arrays.stream(GpuArchitecture.values())
                .filter(architecture -> known.contains(architecture.spelling()))
                .toList();
    }

    /** As nvcc names itself, such as {@code release 13.0, V13.0.88}. */
    public String version() {
        return version.lines()
                .filter(line -> line.contains("release"))
                .map(line -> line.substring(line.indexOf("release")))
                .findFirst()
                .orElse(version.strip());
    }

    @Override
    public CompiledModule compile(List<CudaKernel> kernels) {
        String hash = hash(kernels);
        Path module = folder.resolve(hash + ".fatbin");
        Path report = folder.resolve(hash + ".ptxas");
        if (!Files.exists(module) || !Files.exists(report)) {
            compile(kernels, hash, module, report);
        }
        return new CompiledModule(module, PtxasReport.parse(read(report)));
    }

    private String hash(List<CudaKernel> kernels) {
        var texts = new ArrayList<>(List.of(version, DeviceHeader.DEVICE.text()));
        texts.addAll(FLAGS);
        architectures.forEach(architecture -> texts.add(architecture.spelling()));
        kernels.forEach(kernel -> texts.add(kernel.source()));
        return ContentHash.of(texts);
    }

    /** Sources lie in a folder of their own, so that kernels of one name and two plans never mix. */
    private void compile(List<CudaKernel> kernels, String hash, Path module, Path report) {
        Path sources = create(folder.resolve(hash));
        DeviceHeader.DEVICE.writeTo(sources);
        var includes = new StringBuilder();
        for (CudaKernel kernel : kernels) {
            write(sources.resolve(kernel.fileName()), kernel.source());
            includes.append("#include \"").append(kernel.fileName()).append("\"\n");
        }
        Path source = sources.resolve("module.cu");
        write(source, includes.toString());
        Path unfinished = sources.resolve(ProcessHandle.current().pid() + ".unfinished");
        ToolRun run = ToolRun.of(sources, command(source, unfinished)).orThrow();
        write(report, run.output());
        move(unfinished, module);
    }

    private List<String> command(Path source, Path target) {
        var command = new ArrayList<>(List.of(nvcc.toString()));
        command.addAll(FLAGS);
        for (GpuArchitecture architecture : architectures) {
            command.addAll(List.of("-gencode", architecture.gencode()));
        }
        command.addAll(List.of(source.toString(), "-o", target.toString()));
        return command;
    }

    private static Path create(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create " + folder, e);
        }
    }

    private static void move(Path from, Path to) {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new UncheckedIOException(from + " and " + to + " are on different disks", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot move " + from + " to " + to, e);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
