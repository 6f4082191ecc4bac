package dev.dovetail.cli.command;

import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.device.KernelTimer;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.kernels.CheckedDevice;
import dev.dovetail.cli.kernels.CpuKernelReport;
import dev.dovetail.cli.kernels.CpuKernels;
import dev.dovetail.cli.kernels.KernelFiles;
import dev.dovetail.cli.kernels.KernelReport;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.jvm.VectorModule;
import java.io.IOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail kernels}: generated kernels against float64 references and against the machine's ceilings. */
@Command(
        name = "kernels",
        description = "Check generated kernels against float64, and time them.",
        mixinStandardHelpOptions = true)
public final class KernelsCommand implements DovetailCommand {
    private static final int LAUNCHES = 11;

    /** Operations and bytes: some seconds of plain Java. */
    private static final double LARGEST_PLAIN_REFERENCE = 3e8;

    private final CommandContext context;

    @Parameters(index = "0", paramLabel = "ACTION", description = "${COMPLETION-CANDIDATES}")
    private Action action = Action.CHECK;

    @Option(names = "--device", description = "${COMPLETION-CANDIDATES}; cuda unless said.")
    private Device device = Device.CUDA;

    @Option(names = "--json", description = "Print the rows as one JSON object.")
    private boolean json;

    /** What can be done with kernels. */
    enum Action {
        CHECK,
        /** Times the CPU's kernels; those of a GPU are timed as they are checked. */
        BENCH;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Where kernels run. */
    enum Device {
        CUDA,
        /** The processor at hand. */
        CPU,
        /** The same kernels, as fibers on the CPU. */
        EMULATED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public KernelsCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() throws IOException {
        if (device == Device.CPU) {
            VectorModule.resolve();
            var report = new CpuKernelReport(context, json);
            var kernels = new CpuKernels(CpuAtHand.target(), System.getProperty("java.class.path"), AwkwardCases::all);
            return action == Action.CHECK ? report.check(kernels) : report.bench(kernels);
        }
        if (action == Action.BENCH) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`kernels bench` times the kernels of the CPU",
                    "add `--device cpu`; `kernels check` times those of a GPU");
        }
        return check();
    }

    private ExitStatus check() throws IOException {
        String searchPath = System.getenv().getOrDefault("PATH", "");
        try (CheckedDevice opened = switch (device) {
            case CUDA -> CheckedDevice.cuda(searchPath, KernelFiles.cache());
            case EMULATED -> CheckedDevice.emulated(searchPath);
            case CPU -> throw new IllegalStateException("the CPU opens no device");
        }) {
            return check(opened);
        }
    }

    private ExitStatus check(CheckedDevice opened) {
        var report = new KernelReport(
                opened.device().name(), opened.compilerName(), LocalDate.now().toString());
        line("%s, %s, %s", report.device(), report.compiler(), report.date());
        // Emulated time says nothing about a device.
        Optional<KernelTimer> timer =
                device == Device.CUDA ? Optional.of(new KernelTimer(opened.device(), LAUNCHES)) : Optional.empty();
        var suite = new KernelSuite(opened.device(), opened.compiler(), timer, LARGEST_PLAIN_REFERENCE);
        var rows = new ArrayList<KernelSuite.Row>();
        for (KernelCases layer : layers()) {
            var provenance = new KernelProvenance("kernels check", 1, "nothing but this check", List.of());
            rows.addAll(suite.run(layer.cases(), provenance, row -> line("%s", row.line())));
        }
        long wrong = rows.stream().filter(row -> !row.passes()).count();
        line("%d kernels, %d wrong", rows.size(), wrong);
        if (json) {
            context.printJson(report.asJson(rows));
        }
        return wrong == 0 ? ExitStatus.OK : ExitStatus.FAILED_RUN;
    }

    /** Sizes that divide no tile; on a real device also those of a large model. */
    private List<KernelCases> layers() {
        var layers = new ArrayList<KernelCases>();
        layers.add(KernelCases.awkward(ElementType.F32));
        layers.add(KernelCases.awkward(ElementType.BF16));
        if (device == Device.CUDA) {
            layers.add(KernelCases.gpt3(ElementType.BF16));
        }
        return layers;
    }

    private void line(String format, Object... arguments) {
        if (!json) {
            context.out().println(String.format(Locale.ROOT, format, arguments));
        }
    }
}
