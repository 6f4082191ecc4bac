package dev.dovetail.runtime.train;

import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.transport.InProcessNetwork;
import dev.dovetail.runtime.transport.Transport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Runs every rank of a job as a thread of this process. */
public final class ThreadLauncher {
    private static final Duration LAST_WORDS = Duration.ofSeconds(10);

    private final RunSetup setup;
    private final Duration patience;

    /** @param patience how long a rank waits for a message before the run is given up */
    public ThreadLauncher(RunSetup setup, Duration patience) {
        this.setup = setup;
        this.patience = patience;
    }

    /** Runs to the end; the first failure of any rank stops all of them and is thrown. */
    public RunRecord run(RunFolder folder, Progress progress) {
        MetricsFile metrics = MetricsFile.openAt(folder.metrics(), setup.firstStep());
        Coordinator coordinator = new Coordinator(setup, metrics, progress);
        AtomicReference<Throwable> first = new AtomicReference<>();
        try (InProcessNetwork network = new InProcessNetwork(setup.job().mesh().size(), patience)) {
            List<Thread> ranks = setup.job()
                    .mesh()
                    .positions()
                    .map(position -> start(position, network, coordinator, first))
                    .toList();
            join(ranks, first);
        }
        Throwable failure = first.get();
        if (failure != null) {
            progress.close();
            throw JobFailure.of(failure);
        }
        return coordinator.record().orElseThrow();
    }

    private Thread start(
            Position position, InProcessNetwork network, Coordinator coordinator, AtomicReference<Throwable> first) {
        Optional<Coordinator> here = position.rank() == 0 ? Optional.of(coordinator) : Optional.empty();
        return Thread.ofPlatform().daemon().name("rank-" + position.rank()).start(() -> {
            Transport transport = network.endpoint(position.rank());
            try {
                new RankRun(setup, position, transport, here).run();
                transport.close();
            } catch (Throwable failure) {
                // First the cause, then the others' waits: their failures only echo this one.
                if (first.compareAndSet(null, failure)) {
                    network.stop(position + " failed: " + failure.getMessage());
                }
            }
        });
    }

    /** After a failure a rank gets a while to notice; one that computes on is left behind as a daemon. */
    private static void join(List<Thread> ranks, AtomicReference<Throwable> first) {
        try {
            for (Thread rank : ranks) {
                while (!rank.join(first.get() == null ? Duration.ofMillis(100) : LAST_WORDS) && first.get() == null) {
                    Thread.onSpinWait();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
