package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.launch.LauncherCatalog;
import dev.dovetail.runtime.launch.Seat;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.time.Clock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.json.JsonMapper;

/** What the main method of a generated training job calls: from a command line to an exit status. */
public final class JobMain {
    private final TrainingJob job;
    private final RankProgram.Factory programs;
    private final RankMemory.Source memory;
    private final Class<?> main;
    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;

    /** @param main the class whose main method calls this; a rank's own process starts there too */
    public JobMain(TrainingJob job, RankProgram.Factory programs, Class<?> main) {
        this(job, programs, HostMemory.source(), main);
    }

    /** As above, with ranks that compute elsewhere than on this processor. */
    public JobMain(TrainingJob job, RankProgram.Factory programs, RankMemory.Source memory, Class<?> main) {
        this(job, programs, memory, main, System.getenv(), System.out, System.err);
    }

    /** As above, under another environment than the process's own, and printing elsewhere than on its streams. */
    public JobMain(
            TrainingJob job,
            RankProgram.Factory programs,
            Class<?> main,
            Map<String, String> environment,
            PrintStream out,
            PrintStream err) {
        this(job, programs, HostMemory.source(), main, environment, out, err);
    }

    private JobMain(
            TrainingJob job,
            RankProgram.Factory programs,
            RankMemory.Source memory,
            Class<?> main,
            Map<String, String> environment,
            PrintStream out,
            PrintStream err) {
        this.memory = memory;
        this.job = job;
        this.programs = programs;
        this.main = main;
        this.environment = Map.copyOf(environment);
        this.out = out;
        this.err = err;
    }

    /**
     * Trains, and returns the exit status.
     *
     * @param arguments see {@link JobOptions}
     * @param home the output folder where the arguments name none
     */
    public int run(String[] arguments, Path home) {
        try {
            JobOptions options = JobOptions.parse(arguments, home);
            if (options.rank().isPresent()) {
                return new RankProcess(this, options, options.rank().get()).run();
            }
            Optional<Seat> seat = LauncherCatalog.standard().seat(options.launcher(), environment);
            return seat.isPresent() ? new LaunchedRank(this, options, seat.get()).run() : launch(options);
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            err.println(failure.rendered());
            return failure.status().code();
        }
    }

    private int launch(JobOptions options) {
        RunFolder folder = new RunFolder(options.output());
        requireMemory();
        try (RunFolder.Claim claim = folder.claim()) {
            CheckpointStore store = store(folder);
            try (Progress progress = progress(options)) {
                Optional<Checkpoint> resume = resume(options, folder, store, progress);
                return options.processes()
                        ? new ProcessLauncher(this, options, resume).run()
                        : runThreads(options, folder, store, resume, progress);
            }
        }
    }

    /** Where to go on from, told; nowhere for a fresh start, which forgets what was there. */
    Optional<Checkpoint> resume(JobOptions options, RunFolder folder, CheckpointStore store, Progress progress) {
        if (options.fresh()) {
            store.clear();
            folder.forgetMetrics();
        }
        Optional<Checkpoint> resume = store.latest();
        resume.ifPresent(c -> {
            c.requireJob(job.fingerprint());
            progress.say(
                    c.step() >= job.steps()
                            ? "all " + job.steps() + " steps are done already; `--fresh` starts over"
                            : "resuming at step " + c.step() + " from `" + c.folder() + "`");
        });
        return resume;
    }

    /** All ranks share this machine, so what they need is added up before any of them takes it. */
    private void requireMemory() {
        long bytes = job.mesh()
                .positions()
                .mapToLong(position -> programs.create(position).arenaBytes())
                .sum();
        memory.require(bytes, "this job (" + job.mesh() + ")");
    }

    private int runThreads(
            JobOptions options,
            RunFolder folder,
            CheckpointStore store,
            Optional<Checkpoint> resume,
            Progress progress) {
        try (Interrupts interrupts = new Interrupts(options.patience(), () -> {})) {
            RunSetup setup = setup(options, store, resume, interrupts);
            RunRecord record = new ThreadLauncher(setup, options.patience()).run(folder, progress);
            return conclude(options, folder, record);
        }
    }

    RunSetup setup(
            JobOptions options, CheckpointStore store, Optional<Checkpoint> resume, BooleanSupplier interrupted) {
        return new RunSetup(
                job,
                programs,
                memory,
                job.data().read().require(job.sequence()),
                store,
                resume,
                interrupted,
                Clock.wall(),
                options.planted(),
                options.poisoned());
    }

    CheckpointStore store(RunFolder folder) {
        return new CheckpointStore(folder.checkpoints(), job.checkpointsKept());
    }

    Progress progress(JobOptions options) {
        boolean terminal = System.console() != null && System.console().isTerminal();
        PrintStream stream = options.json() ? err : out;
        return terminal && !options.json() ? Progress.bar(stream) : Progress.lines(stream);
    }

    /** Leaves the summary behind, prints it, and says how the process is to end. */
    int conclude(JobOptions options, RunFolder folder, RunRecord record) {
        RunSummary summary = new RunSummary(job, record);
        JsonMapper json = JsonMapper.builder().build();
        String text = json.writeValueAsString(summary.json());
        try {
            // A run that finds nothing to do has measured nothing: what the one before it measured stays.
            if (record.ran() || !folder.isSummed()) {
                Files.writeString(folder.summary(), text);
                Files.writeString(folder.timeline(), json.writeValueAsString(Timeline.json(record)));
            }
        } catch (IOException e) {
            throw new JobFailure(
                    "the summary cannot be written to `" + folder.root() + "`: " + e.getMessage(),
                    "free space there; the checkpoints are whole",
                    e);
        }
        (options.json() ? List.of(text) : summary.lines()).forEach(out::println);
        out.flush();
        return (record.interrupted() ? ExitStatus.INTERRUPTED : ExitStatus.DONE).code();
    }

    TrainingJob job() {
        return job;
    }

    RankProgram.Factory programs() {
        return programs;
    }

    Class<?> main() {
        return main;
    }

    PrintStream err() {
        return err;
    }
}
