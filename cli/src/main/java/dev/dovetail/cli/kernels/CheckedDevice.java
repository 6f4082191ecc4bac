package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.compile.GpuArchitecture;
import dev.dovetail.backends.cuda.compile.ModuleCompiler;
import dev.dovetail.backends.cuda.compile.NvccCompiler;
import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.device.KernelDevice;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.driver.CudaDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A device and the compiler that feeds it.
 *
 * @param compilerName as the compiler names itself
 * @param scratch what is deleted in the end; empty where compiled modules are kept
 */
public record CheckedDevice(KernelDevice device, ModuleCompiler compiler, String compilerName, Optional<Path> scratch)
        implements AutoCloseable {

    /**
     * Opens the first GPU.
     *
     * @param searchPath where nvcc is looked for
     * @param folder where compiled modules are kept
     */
    public static CheckedDevice cuda(String searchPath, Path folder) {
        if (CudaDriver.probe() instanceof CudaDriver.Absent absent) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT, absent.reason(), "`--device emulated` runs the same kernels on the CPU");
        }
        Path nvcc = NvccCompiler.find(searchPath)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "nvcc is neither on the PATH nor in /usr/local/cuda/bin",
                        "install the CUDA toolkit, or put its `bin` folder on the PATH"));
        KernelDevice device = KernelDevice.open(0);
        var compiler = new NvccCompiler(nvcc, folder, List.of(architecture(device)));
        return new CheckedDevice(device, compiler, "nvcc " + compiler.version(), Optional.empty());
    }

    /** Machine code runs on its own major generation, from its own minor on. */
    private static GpuArchitecture architecture(KernelDevice device) {
        return Arrays.stream(GpuArchitecture.values())
                .filter(known -> known.capability() / 10 == device.capability() / 10)
                .filter(known -> known.capability() <= device.capability())
                .findFirst()
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        device.name() + " has compute capability " + device.capability() / 10.0
                                + ", for which no kernels are generated",
                        "kernels are generated for " + Arrays.toString(GpuArchitecture.values())));
    }

    /** Puts the emulated device in the driver's place, for the life of the process. */
    public static CheckedDevice emulated(String searchPath) throws IOException {
        Path scratch = Files.createTempDirectory("dovetail-emulated");
        CheckedDevice emulated = emulated(searchPath, scratch);
        return new CheckedDevice(emulated.device(), emulated.compiler(), emulated.compilerName(), Optional.of(scratch));
    }

    /** As above, with everything it builds kept in {@code folder}: other processes find the device there too. */
    public static CheckedDevice emulated(String searchPath, Path folder) throws IOException {
        String obstacle = CudaEmulator.obstacle();
        if (!obstacle.isEmpty()) {
            throw CommandFailure.of(ExitStatus.WRONG_INPUT, obstacle);
        }
        Path compiler = ToolRun.find("g++", searchPath)
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "no g++ on the PATH, and the emulated device compiles kernels with it",
                        "install a C++ compiler (`apt-get install g++`)"));
        var emulator = CudaEmulator.load(compiler, Files.createDirectories(folder));
        return new CheckedDevice(KernelDevice.open(0), emulator, compiler.toString(), Optional.empty());
    }

    @Override
    public void close() throws IOException {
        device.close();
        if (scratch.isPresent()) {
            delete(scratch.get());
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
