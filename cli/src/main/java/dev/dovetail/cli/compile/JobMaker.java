package dev.dovetail.cli.compile;

import dev.dovetail.backends.java.JobFacts;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.kernels.CheckedDevice;
import dev.dovetail.cli.kernels.KernelFiles;
import dev.dovetail.driver.CudaDevice;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Plan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Plans, compiles and writes jobs whose ranks run on this machine.
 *
 * @param device what they compute on
 */
public record JobMaker(CommandContext context, ComputeDevice device) {
    /** What the emulated device is planned as. */
    private static final String EMULATED_GPU = "NVIDIA H100 80GB HBM3";

    /** Ends the command where the job cannot run here, or has nothing to run on. */
    public void requireRunnable(TrainJob job) {
        if (job.cluster().thisMachine().isEmpty() && !runsOnGpus(job)) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`" + job.cluster().name() + "` is not this machine",
                    "`dovetail compile` plans for it; a cluster with `this machine, workers 4` runs here");
        }
        if (job.model().latent().filter(Latent::learnsVariance).isPresent()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "running `" + job.name() + "` is not supported yet: it learns how sure it is (`learn sigma`)",
                    "leave `learn sigma` out; `dovetail compile` plans the job with it");
        }
        if (job.model().latent().flatMap(Latent::text).isPresent()) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "running `" + job.name() + "` is not supported yet: its pictures are asked for by text",
                    "`dovetail compile` plans it, and writes its kernels for GPUs");
        }
        if (!isRead(job)) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "running `" + job.name() + "` is not supported yet: no data is read as its model takes it",
                    "`dovetail compile` plans it, and writes its kernels for GPUs");
        }
        if (job.data() instanceof DataSource.None) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "job `" + job.name() + "` has no data to train on",
                    job.model().latent().isPresent()
                                    || JobFacts.Shown.of(job.model()).isPresent()
                            ? "add `data digits` or `data images \"pictures.csv\"`"
                            : "add `data jdk source` or `data file \"text.txt\"`");
        }
    }

    /** Text for what reads tokens alone, pictures with classes for what is shown pictures. */
    private static boolean isRead(TrainJob job) {
        Ends ends = job.model().ends();
        if (job.data() instanceof DataSource.Conversations) {
            return false;
        }
        if (job.data() instanceof DataSource.Hidden) {
            return true;
        }
        boolean plain = ends.signal().isEmpty() && ends.source().isEmpty() && ends.head() instanceof Head.Tokens;
        return plain && ends.tokenTypes() == 0 || JobFacts.Shown.of(job.model()).isPresent();
    }

    /** A cluster of NVIDIA devices can be this machine's GPUs, several ranks on each if need be. */
    private boolean runsOnGpus(TrainJob job) {
        return device != ComputeDevice.CPU
                && Target.of(job.cluster(), Catalog.shipped()).equals(Optional.of(Target.CUDA));
    }

    /**
     * Writes the job to {@code folder}.
     *
     * @param command that the generated files name
     * @param planned told of the plan before anything is compiled
     */
    public Compilation make(TrainJob job, Path folder, String command, Consumer<Plan> planned)
            throws IOException, InterruptedException {
        forgetEmulated(folder);
        return switch (device) {
            case CPU -> {
                Compilation compilation = plan(job, planned);
                new JobWriter().write(compilation, folder, command);
                yield compilation;
            }
            case CUDA -> {
                try (CheckedDevice gpu = CheckedDevice.cuda(searchPath(), KernelFiles.cache())) {
                    yield onDevice(placed(job, gpu), folder, command, planned, gpu, true);
                }
            }
            case EMULATED -> {
                try (CheckedDevice emulated =
                        CheckedDevice.emulated(searchPath(), folder.resolve(JobProcess.EMULATED))) {
                    yield onDevice(placed(job, emulated), folder, command, planned, emulated, false);
                }
            }
        };
    }

    private Compilation plan(TrainJob job, Consumer<Plan> planned) throws IOException, InterruptedException {
        Compilation compilation = new JobCompiler(context).compile(job);
        planned.accept(compilation.plan());
        return compilation;
    }

    private Compilation onDevice(
            TrainJob job, Path folder, String command, Consumer<Plan> planned, CheckedDevice opened, boolean predicted)
            throws IOException, InterruptedException {
        Compilation compilation = plan(job, planned);
        context.err().println("compiling kernels for " + opened.device().name() + " with " + opened.compilerName());
        new JobWriter().writeForDevice(compilation, folder, command, opened.compiler(), predicted);
        return compilation;
    }

    /** The plan of a job on a device that is open, and its program; nothing is written. */
    public Compilation planOn(TrainJob job, CheckedDevice opened) throws IOException, InterruptedException {
        return plan(placed(job, opened), plan -> {});
    }

    /** {@code this machine} means its GPUs here; a named cluster keeps its devices. */
    private TrainJob placed(TrainJob job, CheckedDevice opened) {
        boolean real = device == ComputeDevice.CUDA;
        String gpu = real ? opened.device().name() : EMULATED_GPU;
        return job.cluster().thisMachine().isEmpty()
                ? job
                : job.on(GpuCluster.of(job.cluster(), gpu, real ? CudaDevice.count() : 1));
    }

    /** A job compiled for something else must not find the device of an earlier one. */
    private static void forgetEmulated(Path folder) throws IOException {
        Path emulated = folder.resolve(JobProcess.EMULATED);
        if (Files.isDirectory(emulated)) {
            try (var files = Files.walk(emulated)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static String searchPath() {
        return System.getenv().getOrDefault("PATH", "");
    }
}
