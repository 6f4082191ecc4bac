package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.CudaGenerator;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaNames;
import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.backends.cuda.compile.KernelResources;
import dev.dovetail.backends.cuda.compile.ModuleCompiler;
import dev.dovetail.driver.CudaException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Generates, compiles, loads, checks and times kernels on a device: what {@code dovetail kernels check} runs.
 *
 * <p>A kernel whose plain reference would take too long is compared with its twin in double precision.
 */
public final class KernelSuite {
    private final KernelDevice device;
    private final ModuleCompiler compiler;
    private final Optional<KernelTimer> timer;
    private final double largestPlainReference;

    /**
     * @param timer how kernels are timed; empty where a time would say nothing
     * @param largestPlainReference floating-point operations and bytes up to which the plain reference is evaluated
     */
    public KernelSuite(
            KernelDevice device, ModuleCompiler compiler, Optional<KernelTimer> timer, double largestPlainReference) {
        this.device = device;
        this.compiler = compiler;
        this.timer = timer;
        this.largestPlainReference = largestPlainReference;
    }

    /**
     * One kernel's outcome.
     *
     * @param speed how fast it is, where it was timed
     * @param resources what its entries take, where the compiler says
     */
    public record Row(
            CudaKernel kernel,
            CudaKernelCheck.Row check,
            Optional<KernelTimer.Speed> speed,
            List<KernelResources> resources) {

        public Row {
            resources = List.copyOf(resources);
        }

        public boolean passes() {
            return check.passes();
        }

        /** Kernel, error, tolerance, reference, milliseconds, TFLOP/s and GB/s, for a wide terminal. */
        public String line() {
            String measured = speed.map(s -> "%9.4f ms %7.2f TFLOP/s %7.1f GB/s"
                            .formatted(s.milliseconds(), s.teraflops(), s.gigabytes()))
                    .orElse("");
            String text = String.format(
                    Locale.ROOT,
                    "%-56.56s error %8.2e, at most %8.2e (%s) %-5s %s %s",
                    kernel.name(),
                    check.error(),
                    check.tolerance(),
                    check.reference().name().toLowerCase(Locale.ROOT),
                    check.passes() ? "ok" : "WRONG",
                    measured,
                    check.problem());
            return text.stripTrailing();
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
        var kernels = generate(cases.stream().map(KernelCase::work).toList(), names, provenance);
        var large = cases.stream().filter(at -> !isPlain(at)).toList();
        var twins = generate(large.stream().map(at -> DoubleTwin.of(at.work())).toList(), names, provenance);
        CompiledModule module = compiler.compile(kernels);
        var loaded = device.load(module, kernels);
        var loadedTwins =
                twins.isEmpty() ? List.<KernelDevice.Loaded>of() : device.load(compiler.compile(twins), twins);
        var rows = new ArrayList<Row>();
        for (int i = 0; i < cases.size(); i++) {
            KernelCase at = cases.get(i);
            rows.add(row(loaded.get(i), isPlain(at) ? Optional.empty() : twin(at, large, loadedTwins), at, i, module));
            each.accept(rows.getLast());
        }
        return rows;
    }

    private boolean isPlain(KernelCase at) {
        return at.work().flops() + at.work().bytes() <= largestPlainReference;
    }

    private static List<CudaKernel> generate(List<KernelWork> works, CudaNames names, KernelProvenance provenance) {
        return works.stream()
                .map(work -> CudaGenerator.generate(new KernelRequest(names.allocate(work), work, provenance)))
                .toList();
    }

    private static Optional<KernelDevice.Loaded> twin(
            KernelCase at, List<KernelCase> large, List<KernelDevice.Loaded> twins) {
        return Optional.of(twins.get(large.indexOf(at)));
    }

    /** What a kernel that the driver stops says is a row like any other, so that those after it are still tried. */
    private Row row(
            KernelDevice.Loaded loaded,
            Optional<KernelDevice.Loaded> twin,
            KernelCase at,
            int number,
            CompiledModule module) {
        try {
            var check = twin.map(exact -> new DoubleTwin(device).check(loaded, exact, at, 1 + number))
                    .orElseGet(() -> new CudaKernelCheck(device).check(loaded, at, 1 + number));
            return row(loaded, check, timer.map(t -> t.time(loaded, at, 1)), module);
        } catch (CudaException failed) {
            var check = new CudaKernelCheck.Row(
                    loaded.kernel().name(), Double.NaN, 0, failed.getMessage(), CudaKernelCheck.Reference.PLAIN);
            return row(loaded, check, Optional.empty(), module);
        }
    }

    private static Row row(
            KernelDevice.Loaded loaded,
            CudaKernelCheck.Row check,
            Optional<KernelTimer.Speed> speed,
            CompiledModule module) {
        var entries = loaded.kernel().entries();
        return new Row(
                loaded.kernel(),
                check,
                speed,
                module.resources().stream()
                        .filter(r ->
                                entries.stream().anyMatch(entry -> entry.name().equals(r.entry())))
                        .toList());
    }
}
