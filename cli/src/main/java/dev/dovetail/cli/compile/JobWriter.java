package dev.dovetail.cli.compile;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.backends.cuda.compile.ModuleCompiler;
import dev.dovetail.backends.java.JobFacts;
import dev.dovetail.backends.java.JobHeader;
import dev.dovetail.backends.java.JobJar;
import dev.dovetail.backends.java.JobSources;
import dev.dovetail.backends.java.SampleForm;
import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.backends.launch.job.JobLaunch;
import dev.dovetail.backends.launch.job.LaunchScriptCatalog;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.Version;
import dev.dovetail.cli.kernels.KernelFiles;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.PlanOutcome;
import dev.dovetail.optimizer.lower.LowerDecode;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.runtime.jvm.JvmFlags;
import dev.dovetail.runtime.jvm.VectorModule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/** Writes what a compilation leaves behind: the plan, the job's sources, {@code job.jar} and what starts it on several hosts. */
public final class JobWriter {
    /** What a job needs of the tool's own class path, by the names of the jars. */
    private static final List<String> LIBRARIES = List.of(
            "dovetail-runtime",
            "dovetail-ir",
            "jackson-core",
            "jackson-databind",
            "jackson-annotations",
            "progressbar",
            "jline");

    /** Held-out text judged at the end, whatever the batch, so that batches can be compared; in whole global batches. */
    private static final long JUDGED_TOKENS = 80 * 1024;

    private static final int CHECKPOINTS_KEPT = 2;

    /** Tokens of a prompt that the sampler reads at once. */
    private static final int FRESH_TOKENS = 16;

    /** Pictures that the sampler moves at once; guided ones count twice. */
    private static final int PICTURES = 32;

    /** Pieces of text that are filled in at once. */
    private static final int TEXTS = 8;

    /** What a job needs beside those where its ranks compute on a device. */
    private static final List<String> DEVICE_LIBRARIES = List.of("dovetail-driver", "jcuda-");

    /** The machine code of a device's kernels, beside the job's main class. */
    private static final String MODULE = "kernels.module";

    private final Supplier<CpuTarget> processor;
    private final long judgedTokens;

    /** Jobs for the processor at hand. */
    public JobWriter() {
        this(CpuAtHand::target, JUDGED_TOKENS);
    }

    /**
     * @param processor that kernels are written for
     * @param judgedTokens of held-out text, at least
     */
    public JobWriter(Supplier<CpuTarget> processor, long judgedTokens) {
        this.processor = processor;
        this.judgedTokens = judgedTokens;
    }

    /** Files written, in the order of writing. */
    public List<Path> write(Compilation compilation, Path folder, String command) throws IOException {
        if (compilation.job().precision().hasMaster()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "this machine's processor computes in fp32 and fp64, and job `"
                            + compilation.job().name() + "` in "
                            + compilation.job().precision().compute().name().toLowerCase(Locale.ROOT),
                    "say `precision fp32`, or train on a GPU: `--device cuda`");
        }
        VectorModule.resolve();
        Path plan = writePlan(compilation, folder);
        JobSources sources = JobSources.of(
                compilation.program(),
                Optional.of(sampling(compilation.job())),
                facts(compilation, true),
                header(compilation, command),
                processor.get());
        var written = new ArrayList<>(List.of(plan, new JobJar(libraries(LIBRARIES)).write(sources, folder)));
        written.addAll(new LaunchFolder(folder).write(launchFiles(compilation, command)));
        return written;
    }

    /** What starts the job's ranks on several hosts. */
    private static List<LaunchFile> launchFiles(Compilation compilation, String command) {
        var job = new JobLaunch(
                compilation.job().name(),
                compilation.program().mesh().ranks(),
                threads(compilation),
                compilation.plan().predicted().totalMemory(),
                JvmFlags.forRanks(),
                header(compilation, command).text().lines().toList());
        return LaunchScriptCatalog.standard().scripts().stream()
                .map(script -> script.write(job))
                .toList();
    }

    /**
     * As above, for ranks that compute on a device; the kernels go to {@code cuda/} too.
     *
     * @param compiler of the device's kernels
     * @param predicted whether the plan's figures are those of the device
     */
    public List<Path> writeForDevice(
            Compilation compilation, Path folder, String command, ModuleCompiler compiler, boolean predicted)
            throws IOException {
        Path plan = writePlan(compilation, folder);
        SampleForm sampling = sampling(compilation.job());
        ProgramKernels kernels = KernelFiles.generate(compilation, List.of(compilation.program(), sampling.program()));
        var files = new ArrayList<>(List.of(plan));
        files.addAll(KernelFiles.writeSources(folder, kernels.kernels()));
        JobSources sources = JobSources.onDevice(
                compilation.program(),
                Optional.of(sampling),
                facts(compilation, predicted),
                header(compilation, command),
                kernels,
                MODULE);
        byte[] module = Files.readAllBytes(compiler.compile(kernels.kernels()).file());
        var libraries = new ArrayList<>(LIBRARIES);
        libraries.addAll(DEVICE_LIBRARIES);
        files.add(new JobJar(libraries(libraries)).write(sources, folder, Map.of(MODULE, module)));
        return files;
    }

    /** Writes {@code plan.json} alone. */
    public static Path writePlan(Compilation compilation, Path folder) throws IOException {
        Files.createDirectories(folder);
        var json = PlanJson.of(new PlanOutcome.Solved(compilation.plan()), List.of());
        return Files.writeString(
                folder.resolve("plan.json"),
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(json));
    }

    private static SampleForm sampling(TrainJob job) {
        int context = job.model().context();
        if (job.model().latent().isPresent()) {
            return new SampleForm.Denoising(LowerDecode.lowerWhole(
                    job.model(), context, PICTURES, job.precision().compute(), new GreedyPacker()));
        }
        if (JobFacts.Shown.of(job.model()).isPresent()) {
            return new SampleForm.Reading(LowerDecode.lowerWhole(
                    job.model(), context, PICTURES, job.precision().compute(), new GreedyPacker()));
        }
        if (job.data() instanceof DataSource.Hidden) {
            return new SampleForm.Filling(LowerDecode.lowerWhole(
                    job.model(), job.sequence(), TEXTS, job.precision().compute(), new GreedyPacker()));
        }
        var program = LowerDecode.lower(
                job.model(),
                Math.min(FRESH_TOKENS, context),
                context,
                job.precision().compute(),
                new GreedyPacker());
        return new SampleForm.Decoding(program, context);
    }

    private static JobHeader header(Compilation compilation, String command) {
        TrainJob job = compilation.job();
        return new JobHeader(Version.number(), command, job.origin().toString(), compilation.choices());
    }

    private JobFacts facts(Compilation compilation, boolean predicted) {
        TrainJob job = compilation.job();
        Plan plan = compilation.plan();
        var prediction = new JobFacts.PredictedStep(
                plan.predicted().step().value(),
                plan.predicted().totalMemory().count(),
                PlanJson.breakdown(plan.breakdown()));
        return new JobFacts(
                job.name(),
                Fingerprint.of(job),
                job.steps(),
                job.batch(),
                job.seed(),
                job.optimizer(),
                job.data(),
                job.checkpointEvery(),
                CHECKPOINTS_KEPT,
                (int) Math.ceilDiv(judgedTokens, job.tokensPerStep()),
                threads(compilation),
                Optional.of(prediction).filter(figures -> predicted),
                job.starts(),
                plan.decisions().find(Decision.PREPARE).orElse(Prepare.IN_STEP) != Prepare.IN_STEP,
                job.model().latent(),
                JobFacts.Shown.of(job.model()));
    }

    /** Threads of each rank: the machine's cores shared out, at least one. */
    private static int threads(Compilation compilation) {
        int cores = compilation.profile().map(MachineProfile::cores).orElse(1);
        return Math.max(1, cores / compilation.program().mesh().ranks());
    }

    private static List<Path> libraries(List<String> wanted) {
        return Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .map(Path::of)
                .filter(path -> wanted.stream().anyMatch(name -> isLibrary(path, name)))
                .toList();
    }

    /** A jar by its name, or, in a build tree, the module's folder of classes. */
    private static boolean isLibrary(Path path, String name) {
        if (Files.isDirectory(path)) {
            return Arrays.stream(path.toString().split("/")).anyMatch(part -> ("dovetail-" + part).equals(name));
        }
        return path.getFileName() != null && path.getFileName().toString().startsWith(name);
    }
}
