package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.backends.cuda.compile.GpuArchitecture;
import dev.dovetail.backends.cuda.compile.KernelFolder;
import dev.dovetail.backends.cuda.compile.KernelResources;
import dev.dovetail.backends.cuda.compile.NvccCompiler;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.scalar.AdamW;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** Writes the CUDA kernels of a compilation, and, where there is an nvcc, what they take of a GPU. */
public final class KernelFiles {
    private static final String FOLDER = "cuda";
    private static final String RESOURCES = "resources.json";

    private final CommandContext context;
    private final Optional<Path> nvcc;
    private final Path cache;

    /**
     * @param nvcc the compiler, where there is one
     * @param cache where compiled modules are kept
     */
    public KernelFiles(CommandContext context, Optional<Path> nvcc, Path cache) {
        this.context = context;
        this.nvcc = nvcc;
        this.cache = cache;
    }

    /** With the nvcc of this machine, and the cache of its user. */
    public static KernelFiles here(CommandContext context) {
        String searchPath = System.getenv().getOrDefault("PATH", "");
        return new KernelFiles(context, NvccCompiler.find(searchPath), cache());
    }

    /** Where compiled modules are kept between commands. */
    public static Path cache() {
        return Path.of(System.getProperty("user.home"), ".cache", "dovetail", "cuda");
    }

    /**
     * What was written, and what the compiler said.
     *
     * @param files in the order of writing
     * @param module empty where nothing was compiled
     */
    public record Written(List<Path> files, List<CudaKernel> kernels, Optional<CompiledModule> module) {
        public Written {
            files = List.copyOf(files);
            kernels = List.copyOf(kernels);
        }

        /** What the compiler made of them, to stand behind their number. */
        public String verdict() {
            return module.map(compiled -> {
                        long spilling = compiled.resources().stream()
                                .filter(KernelResources::spills)
                                .map(KernelResources::entry)
                                .distinct()
                                .count();
                        return spilling == 0 ? ", compiled, none spills" : ", compiled, " + spilling + " spill";
                    })
                    .orElse(", not compiled");
        }
    }

    /** Writes {@code job/cuda}; kernels that an earlier plan left there go. */
    public Written write(Compilation compilation, Path job) throws IOException {
        List<CudaKernel> kernels =
                generate(compilation, List.of(compilation.program())).kernels();
        Path folder = job.resolve(FOLDER);
        var files = new ArrayList<>(writeSources(job, kernels));
        Optional<CompiledModule> module = Optional.empty();
        if (nvcc.isPresent()) {
            NvccCompiler compiler = compiler(nvcc.get(), kernels);
            module = Optional.of(compiler.compile(kernels));
            files.add(resources(folder.resolve(RESOURCES), kernels, module.get(), compiler));
            sayWhatSpills(module.get());
        } else {
            context.err()
                    .println("kernels are not compiled here: nvcc is neither on the PATH nor in /usr/local/cuda/bin");
        }
        return new Written(files, kernels, module);
    }

    /** Writes the text of kernels to {@code job/cuda}; those that an earlier plan left there go. */
    public static List<Path> writeSources(Path job, List<CudaKernel> kernels) throws IOException {
        Path folder = job.resolve(FOLDER);
        removeOld(folder);
        return KernelFolder.write(folder, kernels);
    }

    /** The kernels of a compilation's programs. */
    public static ProgramKernels generate(Compilation compilation, List<Program> programs) {
        OptimizerSettings optimizer = compilation.job().optimizer();
        var rule = new AdamW(optimizer.beta1(), optimizer.beta2(), optimizer.epsilon(), optimizer.decay());
        var origins = new KernelOrigins(compilation.job(), compilation.choices());
        return ProgramKernels.of(programs, rule, origins);
    }

    private static void removeOld(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        Files.deleteIfExists(folder.resolve(RESOURCES));
        try (var old = Files.newDirectoryStream(folder, "*.cu")) {
            for (Path kernel : old) {
                if (CudaKernel.isGenerated(Files.readString(kernel))) {
                    Files.delete(kernel);
                }
            }
        }
    }

    private NvccCompiler compiler(Path nvcc, List<CudaKernel> kernels) {
        List<GpuArchitecture> known = NvccCompiler.architectures(nvcc);
        var compiler = new NvccCompiler(nvcc, cache, known);
        context.err()
                .println("nvcc " + compiler.version() + " compiles " + kernels.size() + " kernels for "
                        + known.stream().map(GpuArchitecture::spelling).collect(Collectors.joining(", ")));
        return compiler;
    }

    private static Path resources(Path file, List<CudaKernel> kernels, CompiledModule module, NvccCompiler compiler)
            throws IOException {
        var json = ResourcesJson.of(kernels, module, "nvcc " + compiler.version());
        return Files.writeString(
                file,
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    }

    private void sayWhatSpills(CompiledModule module) {
        module.resources().stream()
                .filter(KernelResources::spills)
                .forEach(spilling -> context.err()
                        .println("warning: " + spilling.entry() + " spills "
                                + (spilling.spillStoreBytes() + spilling.spillLoadBytes()) + " bytes a thread on "
                                + spilling.architecture()));
    }
}
