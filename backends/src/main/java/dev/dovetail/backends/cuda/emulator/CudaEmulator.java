package dev.dovetail.backends.cuda.emulator;

import dev.dovetail.backends.cuda.CudaEntry;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.backends.cuda.compile.DeviceHeader;
import dev.dovetail.backends.cuda.compile.ModuleCompiler;
import dev.dovetail.backends.cuda.compile.ToolRun;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A {@code libcuda.so.1} that runs kernels as fibers on the CPU, loaded in place of the driver's for the life of the JVM.
 *
 * <p>Everything that drives a device then runs unchanged, without one. Needs Linux on x86-64 and a C++ compiler.
 */
public final class CudaEmulator implements ModuleCompiler {
    // No fused multiply-add and no fast math: what differs from float64 is then the kernel's own rounding.
    private static final List<String> FLAGS = List.of(
            "-std=c++17",
            "-O1",
            "-fPIC",
            "-shared",
            "-Wall",
            "-Wno-unknown-pragmas",
            "-fno-strict-aliasing",
            "-ffp-contract=off");

    private final Path compiler;
    private final Path folder;
    private final MethodHandle schedule;
    private final MethodHandle failure;
    private int modules;

    /** In which order the fibers of a block run; a missing barrier shows under one when another hides it. */
    public enum Schedule {
        THREADS_IN_TURN,
        WARP_BY_WARP
    }

    private CudaEmulator(Path compiler, Path folder, Path library) {
        this.compiler = compiler;
        this.folder = folder;
        // The loader gives JCuda the libcuda.so.1 that is loaded already, by its name.
        System.load(library.toString());
        SymbolLookup symbols = SymbolLookup.libraryLookup(library, Arena.global());
        schedule = Linker.nativeLinker()
                .downcallHandle(
                        symbols.findOrThrow("dovetail_emulator_schedule"),
                        FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        failure = Linker.nativeLinker()
                .downcallHandle(
                        symbols.findOrThrow("dovetail_emulator_failure"), FunctionDescriptor.of(ValueLayout.ADDRESS));
    }

    /** Builds the emulated driver in {@code folder} and loads it; call before anything touches CUDA. */
    public static CudaEmulator load(Path compiler, Path folder) {
        Path source = DeviceHeader.EMULATED_DRIVER.writeTo(folder);
        Path library = folder.resolve("libcuda.so.1");
        var command = new ArrayList<>(List.of(compiler.toString()));
        command.addAll(FLAGS);
        command.addAll(List.of("-Wl,-soname,libcuda.so.1", source.toString(), "-o", library.toString(), "-ldl"));
        ToolRun.of(folder, command).orThrow();
        DeviceHeader.DEVICE.writeTo(folder);
        DeviceHeader.EMULATOR.writeTo(folder);
        return new CudaEmulator(compiler, folder, library);
    }

    /** Why this machine cannot emulate; empty where it can. */
    public static String obstacle() {
        String machine = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        return machine.equals("Linux on amd64") ? "" : "fibers are written for Linux on amd64, not " + machine;
    }

    /** Builds a shared library, to be loaded like a cubin. */
    @Override
    public CompiledModule compile(List<CudaKernel> kernels) {
        String module = "module" + modules++;
        var text = new StringBuilder();
        kernels.forEach(kernel -> {
            write(folder.resolve(kernel.fileName()), kernel.source());
            text.append("#include \"").append(kernel.fileName()).append("\"\n");
        });
        kernels.forEach(kernel -> kernel.entries().forEach(entry -> text.append(launcher(kernel, entry))));
        Path source = write(folder.resolve(module + ".cpp"), text.toString());
        Path library = folder.resolve(module + ".so");
        var command = new ArrayList<>(List.of(compiler.toString()));
        command.addAll(FLAGS);
        command.addAll(List.of(source.toString(), "-o", library.toString()));
        ToolRun run = ToolRun.of(folder, command).orThrow();
        if (!run.output().isBlank()) {
            throw new IllegalStateException("the C++ compiler warns:\n" + run.output());
        }
        return new CompiledModule(library, List.of());
    }

    /** A kernel takes typed parameters, a launch hands over pointers to them. */
    private static String launcher(CudaKernel kernel, CudaEntry entry) {
        var arguments = new ArrayList<String>(List.of("*static_cast<unsigned char**>(p[0])"));
        int offsets = kernel.signature().operands().size()
                + kernel.signature().results().size();
        for (int i = 0; i < offsets; i++) {
            arguments.add("*static_cast<long long*>(p[" + arguments.size() + "])");
        }
        for (LaunchSymbol symbol : kernel.signature().symbols()) {
            String type = symbol.kind() == LaunchSymbol.Kind.COUNT ? "long long" : "double";
            arguments.add("*static_cast<" + type + "*>(p[" + arguments.size() + "])");
        }
        return """
                static void run_%s(void** p) {
                    %s_kernel::%s(%s);
                }
                extern "C" const char* %s_emulated(const unsigned* grid, const unsigned* block, void** parameters,
                                                   int schedule, unsigned long long seed) {
                    return dovetail_emulator::launch(run_%s, grid, block, parameters, schedule, seed);
                }
                """.formatted(
                entry.name(), kernel.name(), entry.name(), String.join(", ", arguments), entry.name(), entry.name());
    }

    private static Path write(Path file, String text) {
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** Sets the order of fibers for the launches that follow. */
    public void schedule(Schedule order, long seed) {
        try {
            schedule.invokeExact(order.ordinal(), seed);
        } catch (Throwable e) {
            throw new IllegalStateException("the emulated driver cannot be called", e);
        }
    }

    /** What went wrong in the last failed call. */
    public String failure() {
        try {
            MemorySegment text = (MemorySegment) failure.invokeExact();
            return text.reinterpret(1024).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException("the emulated driver cannot be called", e);
        }
    }
}
