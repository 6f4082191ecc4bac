package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.transport.FolderRendezvous;
import dev.dovetail.runtime.transport.Rendezvous;
import dev.dovetail.runtime.transport.SocketTransport;
import dev.dovetail.runtime.transport.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** A rank that is a process of its own: connects to the others, runs, and leaves word if it fails. */
final class RankProcess {
    private final JobMain main;
    private final JobOptions options;
    private final JobOptions.RankProcess self;

    RankProcess(JobMain main, JobOptions options, JobOptions.RankProcess self) {
        this.main = main;
        this.options = options;
        this.self = self;
    }

    int run() {
        dieWithLauncher();
        try (Interrupts interrupts = new Interrupts(options.patience(), () -> {})) {
            return runRank(interrupts);
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            leaveWord(failure);
            return failure.status().code();
        }
    }

    private int runRank(Interrupts interrupts) {
        RunFolder folder = new RunFolder(options.output());
        CheckpointStore store = main.store(folder);
        Optional<Checkpoint> resume = self.resumeFrom() == JobOptions.RankProcess.NOTHING_TO_RESUME
                ? Optional.empty()
                : Optional.of(store.open(self.resumeFrom()));
        RunSetup setup = main.setup(options, store, resume, interrupts);
        Rendezvous rendezvous = new FolderRendezvous(self.rendezvous(), Wire.UNIX, options.patience());
        try (Progress progress = main.progress(options)) {
            Optional<Coordinator> coordinator = self.rank() == 0
                    ? Optional.of(
                            new Coordinator(setup, MetricsFile.openAt(folder.metrics(), setup.firstStep()), progress))
                    : Optional.empty();
            SocketTransport transport =
                    SocketTransport.connect(self.rank(), main.job().mesh().size(), rendezvous, options.patience());
            new RankRun(setup, main.job().mesh().position(self.rank()), transport, coordinator).run();
            transport.close();
            return coordinator
                    .flatMap(Coordinator::record)
                    .map(record -> main.conclude(options, folder, record))
                    .orElse(interrupts.getAsBoolean() ? ExitStatus.INTERRUPTED.code() : ExitStatus.DONE.code());
        }
    }

    /** A launcher that was killed cannot stop its ranks, so they look after themselves. */
    private void dieWithLauncher() {
        var unused = ProcessHandle.of(self.launcher())
                .map(launcher ->
                        launcher.onExit().thenRun(() -> Runtime.getRuntime().halt(ExitStatus.ECHO.code())))
                .orElseThrow(() -> new JobFailure("the launcher is gone", "run again to resume"));
    }

    /** The launcher prints it if it is the first cause; written beside and renamed, so that it is read whole. */
    private void leaveWord(JobFailure failure) {
        LastWord word = new LastWord(failure.getMessage(), failure.help());
        try {
            Path file = self.rendezvous().resolve("rank-" + self.rank() + ".failing");
            Files.writeString(file, JsonMapper.builder().build().writeValueAsString(word));
            Files.move(file, LastWord.file(self.rendezvous(), self.rank()));
        } catch (IOException e) {
            main.err().println(failure.rendered());
        }
    }

    /** What a rank that fails leaves for its launcher. */
    record LastWord(String message, String help) {
        static Path file(Path rendezvous, int rank) {
            return rendezvous.resolve("rank-" + rank + ".failure");
        }

        /** Empty when the rank died without a word. */
        static Optional<LastWord> read(Path rendezvous, int rank) {
            try {
                return Optional.of(
                        JsonMapper.shared().readValue(Files.readString(file(rendezvous, rank)), LastWord.class));
            } catch (IOException | JacksonException e) {
                return Optional.empty();
            }
        }
    }
}
