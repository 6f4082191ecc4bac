package dev.dovetail.backends.cuda;

import dev.dovetail.backends.cuda.compile.ToolRun;
import dev.dovetail.backends.cuda.device.CudaKernelCheck;
import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.backends.cuda.device.KernelDevice;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/** The emulated device of this JVM; a driver can be put in place only once. */
final class EmulatedDevice {
    private static final Optional<EmulatedDevice> ONLY = start();

    private final CudaEmulator emulator;
    private final KernelDevice device;

    private EmulatedDevice(CudaEmulator emulator) {
        this.emulator = emulator;
        this.device = KernelDevice.open(0);
    }

    private static Optional<EmulatedDevice> start() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        Optional<Path> compiler = ToolRun.find("g++", path);
        String obstacle = compiler.isEmpty() ? "no g++ on the PATH" : CudaEmulator.obstacle();
        if (!obstacle.isEmpty()) {
            System.out.println("skipped: kernels on the emulated device (" + obstacle + ")");
            return Optional.empty();
        }
        try {
            Path folder = Files.createDirectories(Path.of("target", "emulator"));
            return Optional.of(new EmulatedDevice(CudaEmulator.load(compiler.get(), folder.toAbsolutePath())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The device, or the test is skipped: why was printed once. */
    static EmulatedDevice get() {
        Assumptions.assumeTrue(ONLY.isPresent(), "kernels cannot be emulated here");
        return ONLY.get();
    }

    CudaEmulator emulator() {
        return emulator;
    }

    KernelDevice device() {
        return device;
    }

    List<KernelDevice.Loaded> load(List<CudaKernel> kernels) {
        return device.load(emulator.compile(kernels), kernels);
    }

    /** Generates, compiles together, and checks each case under both schedules. */
    List<CudaKernelCheck.Row> check(List<KernelCase> cases) {
        var names = new CudaNames();
        var kernels = cases.stream().map(c -> kernel(names, c.work())).toList();
        var loaded = load(kernels);
        var rows = new ArrayList<CudaKernelCheck.Row>();
        for (int i = 0; i < cases.size(); i++) {
            for (var order : CudaEmulator.Schedule.values()) {
                emulator.schedule(order, 17);
                rows.add(new CudaKernelCheck(device).check(loaded.get(i), cases.get(i), 1 + i));
            }
        }
        return rows;
    }

    static CudaKernel kernel(CudaNames names, KernelWork work) {
        var provenance = new KernelProvenance("tiny.dove", 7, "block_forward", List.of("tensor 1", "microbatch 2"));
        return CudaGenerator.generate(new KernelRequest(names.allocate(work), work, provenance));
    }
}
