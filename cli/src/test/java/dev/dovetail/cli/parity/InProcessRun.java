package dev.dovetail.cli.parity;

import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.runtime.collective.Chunks;
import dev.dovetail.runtime.data.BatchShare;
import dev.dovetail.runtime.data.Corpus;
import dev.dovetail.runtime.data.HiddenText;
import dev.dovetail.runtime.data.Hiding;
import dev.dovetail.runtime.data.NoisedPictures;
import dev.dovetail.runtime.data.Noising;
import dev.dovetail.runtime.data.PictureShape;
import dev.dovetail.runtime.data.Pictures;
import dev.dovetail.runtime.data.WindowBatch;
import dev.dovetail.runtime.data.Windows;
import dev.dovetail.runtime.memory.FileMemory;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.memory.TieredMemory;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.EventRecorder;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.StepInputs;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.train.LearningRate;
import dev.dovetail.runtime.transport.InProcessNetwork;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;

/** Runs a plan's ranks as threads for a few steps on made-up text, in memory that shows reads of what was never written. */
final class InProcessRun {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final byte[] TEXT = text();
    private static final int PICTURES = 40;

    private final TrainJob job;
    private final CompiledPlan plan;
    private final int steps;
    private final RankMemory.Source memory;
    private final Mesh mesh;
    private final Tensors afterFirstStep = new Tensors();
    private final Tensors atTheEnd = new Tensors();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    /**
     * @param losses mean over all tokens of each step, before its update
     * @param afterFirstStep weights and moments; the first moment of the first step is a tenth of the gradient
     */
    record Result(List<Double> losses, Tensors afterFirstStep, Tensors atTheEnd, List<RankRecord> ranks) {
        Traffic traffic() {
            Traffic all = new Traffic();
            ranks.forEach(rank -> rank.traffic().rows().forEach(all::add));
            return all;
        }
    }

    private InProcessRun(TrainJob job, CompiledPlan plan, int steps, RankMemory.Source memory) {
        this.memory = memory;
        this.job = job;
        this.plan = plan;
        this.steps = steps;
        MeshShape shape = plan.program().mesh();
        boolean groups = shape.parts().containsKey(MeshShape.SHARD);
        Mesh ranks = Mesh.of(
                        shape.size(MeshShape.PIPELINE), shape.replicas(), shape.context(), shape.size(MeshShape.TENSOR))
                .shardingIn(shape.size(groups ? MeshShape.SHARD : MeshShape.DATA))
                .sharingExperts(
                        shape.expertRanks(), shape.size(MeshShape.EXPERT_TOKENS), shape.size(MeshShape.EXPERT_WEIGHTS));
        this.mesh = shape.mirrored() ? ranks.mirroring() : ranks;
    }

    static Result of(TrainJob job, CompiledPlan plan, int steps) {
        return of(job, plan, steps, HostMemory.source());
    }

    /** On ranks whose memory is elsewhere. */
    static Result of(TrainJob job, CompiledPlan plan, int steps, RankMemory.Source memory) {
        return new InProcessRun(job, plan, steps, memory).run();
    }

    /** Tokens below {@link NanoModel#VOCAB} that a small model can learn something from. */
    static byte[] text() {
        byte[] text = new byte[4096];
        long state = 12345;
        for (int i = 0; i < text.length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            int noise = (int) (state >>> 60);
            text[i] = (byte) (i == 0 || noise < 4 ? (state >>> 40) & 31 : (text[i - 1] * 5 + 7) & 31);
        }
        return text;
    }

    private Result run() {
        var records = new ArrayList<AtomicReference<Optional<RankRecord>>>();
        try (InProcessNetwork network = new InProcessNetwork(mesh.size(), PATIENCE)) {
            var threads = new ArrayList<Thread>();
            for (Position position : mesh.positions().toList()) {
                var record = new AtomicReference<Optional<RankRecord>>(Optional.empty());
                records.add(record);
                // Ranks this small spend their time waiting for each other: virtual threads take turns fastest.
                threads.add(Thread.ofVirtual()
                        .name("rank-" + position.rank())
                        .start(() -> guarded(position, network, record)));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure.get() != null) {
            throw new IllegalStateException(
                    plan.decisions() + ": " + failure.get().getMessage(), failure.get());
        }
        var ranks = records.stream().map(r -> r.get().orElseThrow()).toList();
        return new Result(losses(ranks), afterFirstStep, atTheEnd, ranks);
    }

    private List<Double> losses(List<RankRecord> ranks) {
        var losses = new ArrayList<Double>();
        for (int step = 0; step < steps; step++) {
            int at = step;
            losses.add(ranks.stream().mapToDouble(r -> r.losses().get(at)).sum() / job.tokensPerStep());
        }
        return losses;
    }

    private void guarded(Position position, InProcessNetwork network, AtomicReference<Optional<RankRecord>> record) {
        try {
            record.set(Optional.of(rank(position, network.endpoint(position.rank()))));
        } catch (Throwable thrown) {
            if (failure.compareAndSet(null, thrown)) {
                network.stop(position + " failed: " + thrown);
            }
        }
    }

    /** On whatever drive holds temporary files; there is such a file only where a plan keeps something on a drive. */
    private static Path besideOf(Position position, RankProgram program) {
        String name = "dovetail-rank" + position.rank();
        return Path.of(
                System.getProperty("java.io.tmpdir"),
                program.far().bytes() == 0 ? name : name + "-" + UUID.randomUUID());
    }

    private RankRecord rank(Position position, Transport transport) {
        RankProgram program = plan.ranks().create(position);
        RankMemory bytes = TieredMemory.of(
                memory.allocate(position.rank(), position.toString(), program.arenaBytes()),
                program.arenaBytes(),
                program.far(),
                position.toString(),
                besideOf(position, program));
        try (RankArena arena = RankArena.poisoned(bytes, program.arenaBytes());
                Workers workers = Workers.single()) {
            var context =
                    new RankContext(position, arena, transport, workers, Clock.wall(), PlantedBugs.none(position));
            var initializer = new StateInitializer(job.seed());
            program.state().forEach(shard -> initializer.fill(shard, arena.memory()));
            program.initialize(context);
            var losses = new ArrayList<Double>();
            long fetched = 0;
            long put = 0;
            for (int step = 0; step < steps; step++) {
                context.loss().clear();
                context.events().clear();
                long fetchedBefore = ofFile(arena, FileMemory::bytesRead);
                long putBefore = ofFile(arena, FileMemory::bytesWritten);
                program.step(context, inputs(position, step));
                fetched = ofFile(arena, FileMemory::bytesRead) - fetchedBefore;
                put = ofFile(arena, FileMemory::bytesWritten) - putBefore;
                losses.add(context.loss().sum());
                if (step == 0) {
                    afterFirstStep.add(program.state(), arena.memory());
                }
            }
            atTheEnd.add(program.state(), arena.memory());
            return new RankRecord(
                    position,
                    losses,
                    context.events().events().stream()
                            .map(EventRecorder.Event::label)
                            .toList(),
                    context.ledger().peakMicrobatches(),
                    context.ledger().peakLiveBytes(),
                    program.arenaBytes(),
                    fetched,
                    put,
                    context.traffic());
        }
    }

    /** Of the file beside an arena; 0 where there is none. */
    private static long ofFile(RankArena arena, ToLongFunction<FileMemory> count) {
        return arena.memory() instanceof TieredMemory tiered && tiered.far() instanceof FileMemory file
                ? count.applyAsLong(file)
                : 0;
    }

    private static StepInputs.Batch batch(TrainJob job, BatchShare share, int step) {
        if (job.data() instanceof DataSource.Hidden hidden) {
            return hiding(hidden, job.sequence()).training(share, job.seed(), step);
        }
        return job.model()
                .latent()
                .<StepInputs.Batch>map(latent -> pictures(latent).training(share, job.seed(), step))
                .orElseGet(() -> new WindowBatch(windows(job, step), share));
    }

    private static HiddenText hiding(DataSource.Hidden hidden, int sequence) {
        var text = new Corpus("made up", TEXT, TEXT, 1, 1);
        return new HiddenText(
                text,
                switch (hidden.hiding()) {
                    case dev.dovetail.ir.job.Hiding.Single single ->
                        new Hiding.Masking(sequence, single.tokens(), hidden.stand());
                    case dev.dovetail.ir.job.Hiding.Spans spans ->
                        new Hiding.SpanCorruption(spans.window(), spans.tokens(), spans.spans(), hidden.stand());
                });
    }

    /** Made-up pictures: waves whose slope is their class. */
    private static NoisedPictures pictures(Latent latent) {
        float[] values = new float[PICTURES * latent.elements()];
        int[] classes = new int[PICTURES];
        for (int i = 0; i < PICTURES; i++) {
            classes[i] = i % latent.classes();
            for (int e = 0; e < latent.elements(); e++) {
                int slope = e % latent.side() + classes[i] * (e / latent.side());
                values[i * latent.elements() + e] = (float) Math.sin(slope + i);
            }
        }
        var pictures = new Pictures("waves", latent.elements(), values, classes);
        var shape = new PictureShape(
                latent.side(),
                latent.channels(),
                latent.patch(),
                latent.classes(),
                latent.told().frequencies());
        return new NoisedPictures(
                pictures, pictures, shape, Noising.valueOf(latent.predicts().name()));
    }

    /** The global batch of a step. */
    static Windows windows(TrainJob job, int step) {
        return Windows.random(TEXT, job.sequence(), job.seed(), step, job.batch());
    }

    private StepInputs inputs(Position position, int step) {
        int microbatch = plan.program().microbatch();
        int replica = position.coordinate(Axis.DATA) / mesh.context();
        long first = Chunks.start(job.batch(), mesh.replicas(), replica);
        long end = Chunks.start(job.batch(), mesh.replicas(), replica + 1);
        var share = new BatchShare(
                job.batch(),
                job.sequence(),
                first,
                (int) (end - first),
                microbatch,
                position.stretches(job.sequence()));
        var rate = new LearningRate.WarmupThenConstant(
                job.optimizer().learningRate(), job.optimizer().warmup());
        return new StepInputs(
                step, rate.at(step), 1.0 / job.tokensPerStep(), plan.program().microbatches(), batch(job, share, step));
    }
}
