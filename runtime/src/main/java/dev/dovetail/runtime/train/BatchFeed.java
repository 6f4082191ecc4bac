package dev.dovetail.runtime.train;

import dev.dovetail.runtime.memory.ElementType;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.rank.Given;
import dev.dovetail.runtime.rank.StepInputs;
import dev.dovetail.runtime.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Batches on their way to a rank. Drawn in the step that asks for them, or written down by a thread of their own beside the step
 * before: a batch is a function of seed and step, so what is written is the same. What a step asks for is learnt from its first.
 */
final class BatchFeed implements AutoCloseable {
    private final BatchPlan plan;
    private final Clock clock;
    private final Optional<ExecutorService> writer;
    private final Set<Asked> asked = new LinkedHashSet<>();
    private Optional<Ahead> ahead = Optional.empty();
    private long nanos;

    private record Asked(Given given, int ahead, int microbatch, ElementType type) {}

    /** A batch that is being written down. */
    private record Ahead(long dataStep, CompletableFuture<WrittenBatch> written) {}

    /** @param name of the rank, for its thread */
    BatchFeed(BatchPlan plan, Clock clock, boolean writesAhead, String name) {
        this.plan = plan;
        this.clock = clock;
        this.writer = writesAhead
                ? Optional.of(Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("samples of " + name).daemon().factory()))
                : Optional.empty();
    }

    /**
     * What a step is given.
     *
     * @param dataStep decides what is trained on
     * @param goesOn whether another step will follow
     */
    StepInputs next(long step, long dataStep, boolean goesOn) {
        nanos = 0;
        StepInputs drawn = plan.training(step, dataStep);
        Optional<CompletableFuture<WrittenBatch>> written =
                ahead.filter(batch -> batch.dataStep() == dataStep).map(Ahead::written);
        ahead = goesOn && !asked.isEmpty()
                ? writer.map(thread -> write(thread, step + 1, dataStep + 1))
                : Optional.empty();
        return new StepInputs(
                drawn.step(),
                drawn.learningRate(),
                drawn.lossScale(),
                drawn.microbatches(),
                new Fed(drawn.batch(), written));
    }

    private Ahead write(ExecutorService thread, long step, long dataStep) {
        List<Asked> all = new ArrayList<>(asked);
        return new Ahead(
                dataStep,
                CompletableFuture.supplyAsync(
                        () -> {
                            StepInputs.Batch batch =
                                    plan.training(step, dataStep).batch();
                            var written = new WrittenBatch();
                            all.forEach(
                                    one -> written.add(batch, one.given(), one.ahead(), one.microbatch(), one.type()));
                            return written;
                        },
                        thread));
    }

    /** What the step spent on its batch so far: drawing it, or waiting for it and copying. */
    long nanos() {
        return nanos;
    }

    /** A batch as its step asks for it. */
    private final class Fed implements StepInputs.Batch {
        private final StepInputs.Batch drawn;
        private final Optional<CompletableFuture<WrittenBatch>> written;

        Fed(StepInputs.Batch drawn, Optional<CompletableFuture<WrittenBatch>> written) {
            this.drawn = drawn;
            this.written = written;
        }

        @Override
        public void load(Given given, int microbatch, ElementType type, RankMemory memory, long offset) {
            loadAhead(given, 0, microbatch, type, memory, offset);
        }

        @Override
        public void loadAhead(
                Given given, int ahead, int microbatch, ElementType type, RankMemory memory, long offset) {
            long began = clock.nanoTime();
            boolean copied =
                    written.isPresent() && await(written.get()).copy(given, ahead, microbatch, type, memory, offset);
            if (!copied) {
                drawn.loadAhead(given, ahead, microbatch, type, memory, offset);
            }
            asked.add(new Asked(given, ahead, microbatch, type));
            nanos += clock.nanoTime() - began;
        }

        @Override
        public long countedTokens(int microbatch) {
            return drawn.countedTokens(microbatch);
        }
    }

    private static WrittenBatch await(CompletableFuture<WrittenBatch> written) {
        try {
            return written.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof RuntimeException reason) {
                throw reason;
            }
            throw failed;
        }
    }

    @Override
    public void close() {
        writer.ifPresent(ExecutorService::shutdownNow);
    }
}
