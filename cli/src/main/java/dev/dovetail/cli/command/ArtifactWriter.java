package dev.dovetail.cli.command;

import dev.dovetail.backends.launch.LaunchFile;
import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.compile.Compilation;
import dev.dovetail.cli.compile.HandOvers;
import dev.dovetail.cli.compile.JobWriter;
import dev.dovetail.cli.compile.LaunchFolder;
import dev.dovetail.cli.compile.Target;
import dev.dovetail.cli.kernels.KernelFiles;
import dev.dovetail.cli.report.PlannedJobs;
import dev.dovetail.cli.report.ReportFolder;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.TrainJob;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes what a compilation leaves behind for its target.
 *
 * @param target empty where nothing that the tool writes runs on the cluster's devices
 */
record ArtifactWriter(CommandContext context, Optional<Target> target) {

    /**
     * What was written.
     *
     * @param files every file
     * @param lines the same for people: folders of many files are one line
     */
    record Artifacts(List<Path> files, List<String> lines) {
        Artifacts {
            files = List.copyOf(files);
            lines = List.copyOf(lines);
        }

        static Artifacts of(List<Path> files) {
            return new Artifacts(files, files.stream().map(Path::toString).toList());
        }

        Artifacts and(List<Path> more, String line) {
            var allFiles = new ArrayList<>(files);
            allFiles.addAll(more);
            var allLines = new ArrayList<>(lines);
            allLines.add(line);
            return new Artifacts(allFiles, allLines);
        }
    }

    /** The target asked for, or the one that fits the job's cluster. */
    static ArtifactWriter of(CommandContext context, Optional<Target> asked, TrainJob job) {
        boolean here = job.cluster().thisMachine().isPresent();
        if (asked.equals(Optional.of(Target.CPU)) && !here) {
            throw CommandFailure.of(
                    ExitStatus.WRONG_INPUT,
                    "`--target cpu` writes a job for this machine, and `"
                            + job.cluster().name() + "` is not this machine",
                    "a cluster with `this machine, workers 4` is");
        }
        return new ArtifactWriter(context, asked.or(() -> Target.of(job.cluster(), Catalog.shipped())));
    }

    /** The artifacts, and the report that shows them. */
    Artifacts write(Compilation compilation, Path folder, String command) throws IOException {
        Artifacts artifacts = emitted(compilation, folder, command);
        List<Path> report =
                new ReportFolder(folder).write(new PlannedJobs(context).of(compilation), "report " + folder);
        Artifacts all = artifacts.and(report, report.getFirst().toString());
        return compilation.job().cluster().thisMachine().isPresent()
                ? all
                : handedOver(all, new HandOvers(compilation, command).all(), folder);
    }

    /** For a real cluster, launch files of the systems that people run there. */
    private Artifacts handedOver(Artifacts artifacts, HandOvers.Written handOvers, Path folder) throws IOException {
        handOvers.refusals().forEach(refusal -> context.err().println("not handed over: " + refusal));
        if (handOvers.files().isEmpty()) {
            return artifacts;
        }
        List<Path> written = new LaunchFolder(folder).write(handOvers.files());
        String names = handOvers.files().stream().map(LaunchFile::name).collect(Collectors.joining(", "));
        return artifacts.and(written, folder.resolve("launch") + ": " + names);
    }

    private Artifacts emitted(Compilation compilation, Path folder, String command) throws IOException {
        if (target.isEmpty()) {
            return planAlone(
                    compilation,
                    folder,
                    "`" + compilation.job().cluster().name()
                            + "` has devices that no kernels are written for (NVIDIA's of compute "
                            + "capability 8.0 and newer have some); `--target cuda` writes them all the same");
        }
        return switch (target.get()) {
            case CPU -> job(compilation, folder, command);
            case CUDA -> kernels(compilation, folder);
        };
    }

    private Artifacts planAlone(Compilation compilation, Path folder, String reason) throws IOException {
        context.err().println("planned, not written: " + reason);
        return Artifacts.of(List.of(JobWriter.writePlan(compilation, folder)));
    }

    private Artifacts job(Compilation compilation, Path folder, String command) throws IOException {
        TrainJob job = compilation.job();
        if (job.model().latent().filter(Latent::learnsVariance).isPresent()) {
            return planAlone(compilation, folder, "running a job that learns how sure it is is not supported yet");
        }
        return job.data() instanceof DataSource.None
                ? planAlone(compilation, folder, "job `" + job.name() + "` has no data to train on")
                : Artifacts.of(new JobWriter().write(compilation, folder, command));
    }

    private Artifacts kernels(Compilation compilation, Path folder) throws IOException {
        ProductFormats products = compilation.job().precision().products();
        if (!products.equals(ProductFormats.STORED)) {
            return planAlone(compilation, folder, "CUDA kernels of products in " + products + " are not supported yet");
        }
        var plan = Artifacts.of(List.of(JobWriter.writePlan(compilation, folder)));
        var written = KernelFiles.here(context).write(compilation, folder);
        return plan.and(
                written.files(),
                folder.resolve("cuda") + ": " + written.kernels().size() + " kernels" + written.verdict());
    }
}
