package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.transport.Rendezvous;
import dev.dovetail.runtime.transport.SocketTransport;
import dev.dovetail.runtime.transport.TransportException;
import dev.dovetail.runtime.transport.Wire;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

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
        } catch (TransportException e) {
            // The launcher prints the first failure only; a lost peer is never the first.
            leaveWord(e.rendered());
            return (e.isEcho() ? ExitStatus.ECHO : ExitStatus.FAILED).code();
        } catch (JobFailure e) {
            leaveWord(e.rendered());
            return ExitStatus.FAILED.code();
        } catch (RuntimeException | Error e) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            leaveWord(trace.toString());
            return ExitStatus.OUR_BUG.code();
        }
    }

    private int runRank(Interrupts interrupts) {
        RunFolder folder = new RunFolder(options.output());
        CheckpointStore store = main.store(folder);
        Optional<Checkpoint> resume = self.resumeFrom() == JobOptions.RankProcess.NOTHING_TO_RESUME
                ? Optional.empty()
                : Optional.of(store.open(self.resumeFrom()));
        RunSetup setup = main.setup(options, store, resume, interrupts);
        Rendezvous rendezvous = new Rendezvous(self.rendezvous(), Wire.UNIX, options.patience());
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

    private void leaveWord(String message) {
        try {
            Path word = Files.writeString(self.rendezvous().resolve("rank-" + self.rank() + ".failing"), message);
            Files.move(word, self.rendezvous().resolve("rank-" + self.rank() + ".failure"));
        } catch (IOException e) {
            main.err().println(message);
        }
    }
}
