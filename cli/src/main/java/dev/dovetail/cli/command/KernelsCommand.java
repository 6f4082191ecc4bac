package dev.dovetail.cli.command;

import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.backends.cuda.device.KernelSuite;
import dev.dovetail.backends.cuda.device.KernelTimer;
import dev.dovetail.backends.cuda.device.ProgramCases;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.ComputeDevice;
import dev.dovetail.cli.compile.JobCompiler;
import dev.dovetail.cli.compile.JobMaker;
import dev.dovetail.cli.kernels.CheckedDevice;
import dev.dovetail.cli.kernels.CompilingFirst;
import dev.dovetail.cli.kernels.CpuKernelReport;
import dev.dovetail.cli.kernels.CpuKernels;
import dev.dovetail.cli.kernels.KernelFiles;
import dev.dovetail.cli.kernels.KernelPage;
import dev.dovetail.cli.kernels.KernelReport;
import dev.dovetail.cli.kernels.ProgramLaws;
import dev.dovetail.cli.spec.SpecReader;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.jvm.VectorModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    /** Operations and bytes up to which kernels are compared with plain Java, which is slow, not with a twin on the device. */
    private static final double LARGEST_PLAIN_REFERENCE = 3e7;

    private final CommandContext context;

    @Parameters(index = "0", paramLabel = "ACTION", description = "${COMPLETION-CANDIDATES}")
    private Action action = Action.CHECK;

    @Option(names = "--device", description = "${COMPLETION-CANDIDATES}; cuda unless said.")
    private Device device = Device.CUDA;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "SPEC",
            description =
                    "The kernels of this job's plan, on the CPU beside what the machine's laws foresee; unless said,"
                            + " those of a layer at sizes of its own.")
    private Path spec;

    @Option(names = "--page", paramLabel = "FILE", description = "Write the rows as a page in Markdown too.")
    private Path page;

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
    public ExitStatus execute() throws IOException, InterruptedException {
        if (device == Device.CPU && action == Action.BENCH && !CompilingFirst.here()) {
            return ExitStatus.of(CompilingFirst.run(words()));
        }
        if (device == Device.CPU) {
            VectorModule.resolve();
            var report = new CpuKernelReport(context, json);
            var kernels = new CpuKernels(CpuAtHand.target(), System.getProperty("java.class.path"), AwkwardCases::all);
            return switch (action) {
                case CHECK -> report.check(kernels);
                case BENCH -> spec == null ? report.bench(kernels) : report.laws(laws());
            };
        }
        if (action == Action.BENCH) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`kernels bench` times the kernels of the CPU",
                    "add `--device cpu`; `kernels check` times those of a GPU");
        }
        return check();
    }

    private List<ProgramLaws.Row> laws() throws IOException, InterruptedException {
        var job = new SpecReader(context, true).job(spec, List.of(), Optional.empty());
        Compilation compilation = new JobCompiler(context).compile(job);
        var profile = compilation
                .profile()
                .orElseThrow(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT,
                        "only kernels of jobs on `this machine` can be timed here",
                        "say `this machine` in the spec's cluster"));
        return new ProgramLaws(profile, System.getProperty("java.class.path"))
                .of(compilation.program(), kernels -> context.progress("timing kernels", kernels));
    }

    private ExitStatus check() throws IOException, InterruptedException {
        String searchPath = System.getenv().getOrDefault("PATH", "");
        try (CheckedDevice opened = switch (device) {
            case CUDA -> CheckedDevice.cuda(searchPath, KernelFiles.cache());
            case EMULATED -> CheckedDevice.emulated(searchPath);
            case CPU -> throw new IllegalStateException("the CPU opens no device");
        }) {
            return check(opened);
        }
    }

    private ExitStatus check(CheckedDevice opened) throws IOException, InterruptedException {
        var report = new KernelReport(
                opened.device().name(), opened.compilerName(), LocalDate.now().toString());
        line("%s, %s, %s", report.device(), report.compiler(), report.date());
        // Emulated time says nothing about a device.
        Optional<KernelTimer> timer =
                device == Device.CUDA ? Optional.of(new KernelTimer(opened.device(), LAUNCHES)) : Optional.empty();
        var suite = new KernelSuite(opened.device(), opened.compiler(), timer, LARGEST_PLAIN_REFERENCE);
        var rows = new ArrayList<KernelSuite.Row>();
        var provenance = new KernelProvenance("kernels check", 1, "nothing but this check", List.of());
        for (List<KernelCase> cases : cases(opened)) {
            rows.addAll(suite.run(cases, provenance, row -> line("%s", row.line())));
        }
        long wrong = rows.stream().filter(row -> !row.passes()).count();
        line("%d kernels, %d wrong", rows.size(), wrong);
        if (page != null) {
            Files.writeString(context.resolve(page), new KernelPage(report, command()).text(rows));
        }
        if (json) {
            context.printJson(report.asJson(rows));
        }
        return wrong == 0 ? ExitStatus.OK : ExitStatus.FAILED_RUN;
    }

    /** This command line, of those that time kernels of the CPU. */
    private List<String> words() {
        var words = new ArrayList<>(List.of("kernels", "bench", "--device", "cpu"));
        if (spec != null) {
            words.add(spec.toString());
        }
        if (json) {
            words.add("--json");
        }
        return words;
    }

    private String command() {
        return "dovetail kernels check --device " + device + (spec == null ? "" : " " + spec);
    }

    /** Of a spec, its plan's kernels; else sizes that divide no tile, and on a real device also those of a large model. */
    private List<List<KernelCase>> cases(CheckedDevice opened) throws IOException, InterruptedException {
        if (spec != null) {
            var computing = device == Device.CUDA ? ComputeDevice.CUDA : ComputeDevice.EMULATED;
            var job = new SpecReader(context, true).job(spec, List.of(), Optional.empty());
            Compilation compilation = new JobMaker(context, computing).planOn(job, opened);
            return List.of(ProgramCases.of(KernelFiles.generate(compilation, List.of(compilation.program()))));
        }
        var layers = new ArrayList<List<KernelCase>>();
        layers.add(KernelCases.awkward(ElementType.F32).cases());
        layers.add(KernelCases.awkward(ElementType.BF16).cases());
        if (device == Device.CUDA) {
            layers.add(KernelCases.gpt3(ElementType.BF16).cases());
        }
        return layers;
    }

    private void line(String format, Object... arguments) {
        if (!json) {
            context.out().println(String.format(Locale.ROOT, format, arguments));
        }
    }
}
