package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaGenerator;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaNames;
import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.backends.cuda.compile.KernelResources;
import dev.dovetail.backends.cuda.compile.ModuleCompiler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Generates, compiles, loads, checks and times kernels on a device: what {@code dovetail kernels check} runs.
 *
 * <p>A kernel whose float64 reference would take too long in plain Java is timed only, and its row says so.
 */
public final class KernelSuite {
    private static final double LARGEST_REFERENCE_FLOPS = 3e8;

    private final CudaDevice device;
    private final ModuleCompiler compiler;
    private final int launches;

    /**
     * @param launches timed launches of each kernel, of which the median is reported
     */
    public KernelSuite(CudaDevice device, ModuleCompiler compiler, int launches) {
        this.device = device;
        this.compiler = compiler;
        this.launches = launches;
    }

    /**
     * One kernel's outcome.
     *
     * @param check comparison with float64; empty where the reference would take too long
     * @param resources what its entries take, where the compiler says
     */
    public record Row(
            CudaKernel kernel,
            Optional<CudaKernelCheck.Row> check,
            CudaKernelCheck.Speed speed,
            List<KernelResources> resources) {

        public Row {
            resources = List.copyOf(resources);
        }

        public boolean passes() {
            return check.map(CudaKernelCheck.Row::passes).orElse(true);
        }

        /** Kernel, error, tolerance, milliseconds, TFLOP/s and GB/s, for a terminal 120 columns wide. */
        public String line() {
            String error = check.map(row ->
                            "%9.2e %9.2e %-7s".formatted(row.error(), row.tolerance(), row.passes() ? "ok" : "WRONG"))
                    .orElse("%9s %9s %-7s".formatted("-", "-", "timed"));
            String problem = check.map(CudaKernelCheck.Row::problem).orElse("");
            return "%-56.56s %s %9.4f ms %7.2f TFLOP/s %7.1f GB/s %s"
                    .formatted(
                            kernel.name(), error, speed.milliseconds(), speed.teraflops(), speed.gigabytes(), problem)
                    .stripTrailing();
        }
    }

    /**
     * Runs every case.
     *
     * @param cases what to check; each gets a kernel of its own
     * @param each told of each row as it is ready
     */
    public List<Row> run(List<KernelCase> cases, KernelProvenance provenance, Consumer<Row> each) {
        var names = new CudaNames();
        var kernels = cases.stream()
                .map(at -> CudaGenerator.generate(new KernelRequest(names.allocate(at.work()), at.work(), provenance)))
                .toList();
        CompiledModule module = compiler.compile(kernels);
        var loaded = device.load(module, kernels);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < cases.size(); i++) {
            rows.add(run(loaded.get(i), cases.get(i), module, 1 + i));
            each.accept(rows.getLast());
        }
        return rows;
    }

    private Row run(CudaDevice.Loaded loaded, KernelCase at, CompiledModule module, long seed) {
        var check = new CudaKernelCheck(device);
        boolean compared = at.work().flops() + at.work().bytes() <= LARGEST_REFERENCE_FLOPS;
        var entries = loaded.kernel().entries();
        return new Row(
                loaded.kernel(),
                compared ? Optional.of(check.check(loaded, at, seed)) : Optional.empty(),
                check.time(loaded, at, seed, launches),
                module.resources().stream()
                        .filter(r ->
                                entries.stream().anyMatch(entry -> entry.name().equals(r.entry())))
                        .toList());
    }
}
