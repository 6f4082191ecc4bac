package dev.dovetail.runtime.train;

import dev.dovetail.runtime.checkpoint.Checkpoint;
import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.failure.ExitStatus;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.launch.LaunchException;
import dev.dovetail.runtime.launch.Seat;
import dev.dovetail.runtime.memory.MachineMemory;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.transport.HostRendezvous;
import dev.dovetail.runtime.transport.SocketTransport;
import dev.dovetail.runtime.transport.TransportException;
import java.util.Optional;

/**
 * A rank that somebody else's launcher started, perhaps on a host of its own. Nobody watches over all ranks here: each
 * tells the others why it ends, and each prints it.
 */
final class LaunchedRank {
    private final JobMain main;
    private final JobOptions options;
    private final Seat seat;

    LaunchedRank(JobMain main, JobOptions options, Seat seat) {
        this.main = main;
        this.options = options;
        this.seat = seat;
    }

    int run() {
        requireWorld();
        try (Interrupts interrupts = new Interrupts(options.patience(), () -> {})) {
            return connected(interrupts);
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            main.err().println(new JobFailure(position() + ": " + failure.getMessage(), failure.help()).rendered());
            return isEcho(failure) ? ExitStatus.FAILED.code() : failure.status().code();
        }
    }

    private Position position() {
        return main.job().mesh().position(seat.rank());
    }

    private void requireWorld() {
        Mesh mesh = main.job().mesh();
        if (seat.world() != mesh.size()) {
            throw new LaunchException(
                    seat.launcher() + " started " + seat.world() + " ranks, and the plan has " + mesh.size() + " ("
                            + mesh + ")",
                    "start " + mesh.size() + " ranks, or plan for " + seat.world() + " workers");
        }
    }

    private int connected(Interrupts interrupts) {
        MachineMemory.read().require(main.programs().create(position()).arenaBytes(), "this rank");
        SocketTransport transport = SocketTransport.connect(
                seat.rank(),
                seat.world(),
                new HostRendezvous(seat.rendezvous(), seat.run(), options.patience()),
                options.patience());
        try {
            int status = seat.rank() == 0 ? first(transport, interrupts) : other(transport, interrupts);
            transport.close();
            return status;
        } catch (RuntimeException | Error e) {
            JobFailure failure = JobFailure.of(e);
            String why = isEcho(failure) ? failure.getMessage() : position() + " failed: " + failure.getMessage();
            transport.fail(why, failure.help());
            throw e;
        }
    }

    /** Rank 0 owns the folder, says where to go on from, and keeps the record. */
    private int first(SocketTransport transport, Interrupts interrupts) {
        RunFolder folder = new RunFolder(options.output());
        CheckpointStore store = main.store(folder);
        try (RunFolder.Claim claim = folder.claim();
                Progress progress = main.progress(options)) {
            Optional<Checkpoint> resume = main.resume(options, folder, store, progress);
            RunSetup setup = main.setup(options, store, resume, interrupts);
            new Briefing(transport, folder).give(setup);
            Coordinator coordinator =
                    new Coordinator(setup, MetricsFile.openAt(folder.metrics(), setup.firstStep()), progress);
            new RankRun(setup, position(), transport, Optional.of(coordinator)).run();
            return main.conclude(options, folder, coordinator.record().orElseThrow());
        }
    }

    private int other(SocketTransport transport, Interrupts interrupts) {
        RunFolder folder = new RunFolder(options.output());
        CheckpointStore store = main.store(folder);
        RunSetup setup = new Briefing(transport, folder)
                .take(step -> main.setup(options, store, step.map(store::open), interrupts));
        new RankRun(setup, position(), transport, Optional.empty()).run();
        return interrupts.getAsBoolean() ? ExitStatus.INTERRUPTED.code() : ExitStatus.DONE.code();
    }

    private static boolean isEcho(JobFailure failure) {
        return failure instanceof TransportException exchange && exchange.isEcho();
    }
}
