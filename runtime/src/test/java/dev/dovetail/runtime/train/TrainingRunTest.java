package dev.dovetail.runtime.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.checkpoint.CheckpointStore;
import dev.dovetail.runtime.data.DataSource;
import dev.dovetail.runtime.data.TextHeldOut;
import dev.dovetail.runtime.failure.BugFailure;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.HostMemory;
import dev.dovetail.runtime.memory.MemoryPart;
import dev.dovetail.runtime.mesh.Axis;
import dev.dovetail.runtime.rank.PlantedBug;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.Exchange;
import dev.dovetail.runtime.transport.Traffic;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingRunTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final double PARITY = 1e-12;

    @TempDir
    private Path folder;

    private Path text;

    @BeforeEach
    void writeText() throws IOException {
        text = TinyJob.writeText(folder.resolve("text.txt"));
    }

    private RunRecord run(TrainingJob job, boolean sharded, String output) {
        return run(job, TinyProgram.factory(job, sharded), output, RunSetup.Planted.nothing());
    }

    /** Resumes whatever the folder holds. */
    private RunRecord run(TrainingJob job, RankProgram.Factory programs, String output, RunSetup.Planted planted) {
        RunFolder run = new RunFolder(folder.resolve(output));
        try (RunFolder.Claim claim = run.claim();
                Progress progress = Progress.lines(
                        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))) {
            CheckpointStore store = new CheckpointStore(run.checkpoints(), job.checkpointsKept());
            RunSetup setup = new RunSetup(
                    job,
                    programs,
                    HostMemory.source(),
                    job.data().read().require(job.sequence()),
                    store,
                    store.latest(),
                    () -> false,
                    Clock.wall(),
                    planted,
                    true);
            return new ThreadLauncher(setup, PATIENCE).run(run, progress);
        }
    }

    private RunRecord reference(long steps) {
        return run(TinyJob.job(text, 1, 1, steps, 0), false, "reference");
    }

    private static double drift(List<Double> reference, List<Double> losses, int from) {
        return IntStream.range(0, losses.size())
                .mapToDouble(i -> Math.abs(losses.get(i) - reference.get(from + i)) / reference.get(from + i))
                .max()
                .orElse(Double.NaN);
    }

    @Test
    void theModelLearns() {
        List<Double> losses = reference(60).losses();
        assertEquals(Math.log(256), losses.getFirst(), 0.3);
        assertTrue(losses.getLast() < 4, "loss " + losses.getLast());
    }

    @ParameterizedTest
    @CsvSource({"1,2,false", "1,4,true", "2,1,false", "2,2,true", "2,4,false", "1,3,false", "2,3,true"})
    void anySplitGivesTheLossOfOneRank(int pipeline, int data, boolean sharded) {
        RunRecord split = run(TinyJob.job(text, pipeline, data, 50, 0), sharded, "split");
        double drift = drift(reference(50).losses(), split.losses(), 0);
        assertTrue(drift < PARITY, "drift " + drift);
    }

    @Test
    void batchesWrittenAheadAreThoseThatStepsDraw() {
        var drawers = new ConcurrentLinkedQueue<String>();
        TrainingJob job = TinyJob.job(text, 2, 2, 12, 0);
        TrainingJob ahead = watched(job.preparingAhead(), drawers);
        assertEquals(
                run(job, false, "drawn").losses(), run(ahead, false, "written").losses());
        // The first two steps draw their own: nobody knows yet what steps ask for.
        long elsewhere =
                drawers.stream().filter(name -> name.startsWith("samples of")).count();
        assertEquals(10.0 / 12, (double) elsewhere / drawers.size(), 1e-9, drawers.toString());
    }

    /** The same job; notes which threads its batches are drawn on, the held-out ones left aside. */
    private static TrainingJob watched(TrainingJob job, Collection<String> drawers) {
        DataSource read = new WatchedSource(
                job.data(), () -> drawers.add(Thread.currentThread().getName()));
        return new TrainingJob(
                job.name(),
                job.fingerprint(),
                job.mesh(),
                job.steps(),
                job.batch(),
                job.microbatch(),
                job.sequence(),
                job.seed(),
                job.learningRate(),
                read,
                job.checkpointEvery(),
                job.checkpointsKept(),
                job.evaluationBatches(),
                job.workers(),
                job.prediction(),
                job.ahead(),
                job.starts());
    }

    @Test
    void aShardedOptimizerGivesTheSameBitsAsAReplicatedOne() {
        assertEquals(
                run(TinyJob.job(text, 1, 3, 20, 0), false, "replicated").losses(),
                run(TinyJob.job(text, 1, 3, 20, 0), true, "sharded").losses());
    }

    @Test
    void theSameRunTwiceGivesTheSameBits() {
        TrainingJob job = TinyJob.job(text, 2, 2, 15, 0);
        assertEquals(run(job, true, "once").losses(), run(job, true, "twice").losses());
    }

    @Test
    void bytesSentAreWhatTheFormulasSay() {
        int steps = 3;
        RunRecord record = run(TinyJob.job(text, 2, 2, steps, 0), true, "bytes");
        Traffic sent = new Traffic();
        record.traffic().forEach(sent::add);
        long gradientBytes = 8L * TinyProgram.VOCABULARY * TinyProgram.WIDTH;
        // Two stages with two data ranks each; every rank scatters half of its gradients and gathers half of its
        // weights.
        assertEquals(
                steps * 2 * gradientBytes,
                sent.row(Axis.DATA, Exchange.REDUCE_SCATTER).payloadBytes());
        assertEquals(
                steps * 2 * gradientBytes,
                sent.row(Axis.DATA, Exchange.ALL_GATHER).payloadBytes());
        // All 8 sequences of 16 tokens cross the border once in each direction.
        long rows = 8L * 8 * 16 * TinyProgram.WIDTH;
        assertEquals(steps * 2 * rows, sent.row(Axis.PIPELINE, Exchange.SEND).payloadBytes());
    }

    @Test
    void memoryOrderAndLiveMicrobatchesAreMeasured() {
        TrainingJob job = TinyJob.job(text, 2, 2, 2, 0);
        RunRecord record = run(job, false, "measured");
        for (RankReport rank : record.ranks()) {
            assertEquals(rank.arenaBytes(), rank.highestByte());
            assertEquals(rank.arenaBytes(), rank.peakBytes());
            assertEquals(4, rank.liveMicrobatches());
            assertEquals(
                    8L * TinyProgram.VOCABULARY * TinyProgram.WIDTH,
                    rank.peakByPart().get(MemoryPart.GRADIENTS.name().toLowerCase(java.util.Locale.ROOT)));
            List<String> gpipe = List.of(
                    "FORWARD 0.0",
                    "FORWARD 0.1",
                    "FORWARD 0.2",
                    "FORWARD 0.3",
                    "BACKWARD 0.0",
                    "BACKWARD 0.1",
                    "BACKWARD 0.2",
                    "BACKWARD 0.3");
            assertEquals(gpipe, rank.order());
        }
    }

    @Test
    void heldOutTextIsJudgedBesideByteCounts() {
        var heldOut = (TextHeldOut)
                run(TinyJob.job(text, 1, 2, 200, 0), false, "judged").heldOut().orElseThrow();
        assertTrue(heldOut.order2() < heldOut.order1(), heldOut.toString());
        assertTrue(heldOut.model() < 8 && heldOut.model() > heldOut.order2(), heldOut.toString());
        assertEquals(2 * 8 * 16, heldOut.bytes());
    }

    // --- going on ---------------------------------------------------------------------------------------------------

    @Test
    void aResumedRunGoesOnWithTheSameBits() {
        TrainingJob whole = TinyJob.job(text, 2, 2, 30, 10);
        List<Double> straight = run(whole, true, "straight").losses();
        run(whole.withSteps(20), true, "stopped");
        RunRecord resumed = run(whole, true, "stopped");
        assertEquals(20, resumed.firstStep());
        assertEquals(straight.subList(20, 30), resumed.losses());
    }

    @ParameterizedTest
    @CsvSource({"1,1,false", "1,4,true", "2,1,false", "2,2,false"})
    void aCheckpointOfOneTopologyIsResumedOnAnother(int pipeline, int data, boolean sharded) {
        run(TinyJob.job(text, 2, 2, 20, 0), true, "moved");
        RunRecord resumed = run(TinyJob.job(text, pipeline, data, 30, 0), sharded, "moved");
        assertEquals(20, resumed.firstStep());
        double drift = drift(reference(30).losses(), resumed.losses(), 20);
        assertTrue(drift < PARITY, "drift " + drift);
    }

    @Test
    void metricsAreOneCurveAfterAResume() throws IOException {
        TrainingJob whole = TinyJob.job(text, 1, 2, 12, 5);
        run(whole.withSteps(5), false, "curve");
        Path metrics = folder.resolve("curve/metrics.jsonl");
        // As a kill leaves them: steps after the checkpoint, the last one torn.
        Files.writeString(
                metrics,
                Files.readString(metrics) + "{\"step\":5,\"loss\":99}\n{\"step\":6,\"lo",
                StandardCharsets.UTF_8);
        run(whole, false, "curve");
        run(whole, false, "straight");
        assertEquals(losses(folder.resolve("straight/metrics.jsonl")), losses(metrics));
    }

    private static List<String> losses(Path metrics) throws IOException {
        return Files.readAllLines(metrics).stream()
                .map(line -> line.replaceAll("(\"loss\":[^,]*),.*", "$1"))
                .toList();
    }

    // --- faults -----------------------------------------------------------------------------------------------------

    /** Batch 8 over 3 data ranks is 2, 3 and 3 sequences, so a mean of means is not the mean. */
    @ParameterizedTest
    @EnumSource(PlantedBug.class)
    void aPlantedBugMovesTheLossFarBeyondParity(PlantedBug bug) {
        TrainingJob whole = TinyJob.job(text, 1, 3, 40, 0);
        List<Double> reference = reference(40).losses();
        run(whole.withSteps(20), false, "planted");
        RunRecord clean = run(whole, TinyProgram.factory(whole, false), "planted", RunSetup.Planted.nothing());
        assertTrue(drift(reference, clean.losses(), 20) < PARITY, "without the bug the run is right");

        run(whole.withSteps(20), false, "planted-again");
        RunSetup.Planted planted = new RunSetup.Planted(Optional.of(bug), 25);
        RunRecord wrong = run(whole, TinyProgram.factory(whole, false), "planted-again", planted);
        double drift = drift(reference, wrong.losses(), 20);
        assertTrue(drift > 1e-5, bug + " drifts by " + drift);
    }

    @Test
    void theFirstFailureOfAnyRankStopsAllAndIsTheOneThatIsTold() {
        TrainingJob job = TinyJob.job(text, 2, 2, 10, 0);
        RankProgram.Factory failing = position -> {
            RankProgram program = TinyProgram.factory(job, false).create(position);
            return new FailingProgram(program, position.rank() == 3 ? 4 : Long.MAX_VALUE);
        };
        BugFailure failure =
                assertThrows(BugFailure.class, () -> run(job, failing, "failing", RunSetup.Planted.nothing()));
        assertTrue(failure.getMessage().contains("planted failure"), failure.getMessage());
    }

    @Test
    void aLossThatIsNoNumberStopsTheRunAndKeepsWhatWasSaved() {
        TrainingJob job = TinyJob.job(text, 1, 1, 10, 2);
        RankProgram.Factory broken = position ->
                new NotANumberProgram(TinyProgram.factory(job, false).create(position), 5);
        JobFailure failure = assertThrows(JobFailure.class, () -> run(job, broken, "nan", RunSetup.Planted.nothing()));
        assertTrue(failure.getMessage().contains("NaN in step 5"), failure.getMessage());
        assertEquals(List.of(2L, 4L), new CheckpointStore(folder.resolve("nan/checkpoints"), 2).steps());
    }

    @Test
    void aFolderInUseIsRefused() {
        RunFolder run = new RunFolder(folder.resolve("busy"));
        try (RunFolder.Claim claim = run.claim()) {
            JobFailure failure = assertThrows(JobFailure.class, run::claim);
            assertTrue(failure.getMessage().contains("in use by another run (process "), failure.getMessage());
        }
        run.claim().close();
    }

    @Test
    void anotherSpecsCheckpointIsRefused() {
        run(TinyJob.job(text, 1, 1, 2, 0), false, "other");
        TrainingJob job = TinyJob.job(text, 1, 1, 4, 0);
        TrainingJob other = new TrainingJob(
                job.name(),
                "another",
                job.mesh(),
                job.steps(),
                job.batch(),
                job.microbatch(),
                job.sequence(),
                job.seed(),
                job.learningRate(),
                job.data(),
                0,
                2,
                0,
                1,
                Optional.empty());
        JobFailure failure = assertThrows(JobFailure.class, () -> run(other, false, "other"));
        assertTrue(failure.getMessage().contains("belongs to another spec"), failure.getMessage());
        assertFalse(failure.help().isEmpty());
    }
}
