package dev.dovetail.runtime.train;

import dev.dovetail.runtime.data.HeldOut;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.Traffic;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What rank 0 does beside its own work: adds up reports, decides what happens next, keeps the record of the run. */
final class Coordinator {
    private final RunSetup setup;
    private final MetricsFile metrics;
    private final Progress progress;
    private final Clock clock;
    private final List<Double> losses = new ArrayList<>();
    private final List<Double> stepSeconds = new ArrayList<>();
    private final Traffic traffic = new Traffic();
    private final List<Map<String, Double>> exchangeSeconds = new ArrayList<>();
    private boolean interrupted;
    private long stepBegan;
    private Optional<HeldOut> heldOut = Optional.empty();
    private Optional<RunRecord> record = Optional.empty();

    Coordinator(RunSetup setup, MetricsFile metrics, Progress progress) {
        this.setup = setup;
        this.metrics = metrics;
        this.progress = progress;
        this.clock = setup.clock();
    }

    void begin() {
        progress.begin(setup.firstStep(), setup.job().steps());
        stepBegan = clock.nanoTime();
    }

    /** Takes in all ranks' reports of a step. */
    Verdict judge(long step, List<byte[]> encoded) {
        List<StepReport> reports = encoded.stream().map(StepReport::decode).toList();
        double loss = meanLoss(reports);
        long now = clock.nanoTime();
        double seconds = (now - stepBegan) / 1e9;
        stepBegan = now;
        losses.add(loss);
        stepSeconds.add(seconds);
        Traffic ofStep = new Traffic();
        reports.forEach(report -> report.traffic().forEach(row -> {
            ofStep.add(row);
            traffic.add(row);
        }));
        Map<String, Double> apart = meanSeconds(ofStep, reports.size());
        apart.put(
                RunRecord.INPUT,
                reports.stream().mapToLong(StepReport::inputNanos).average().orElse(0) / 1e9);
        exchangeSeconds.add(apart);
        double tokensPerSecond = setup.job().tokensPerStep() / seconds;
        metrics.add(row(step, loss, seconds, tokensPerSecond, ofStep));
        progress.step(step, loss, tokensPerSecond);
        requireFinite(step, loss);
        interrupted = reports.stream().anyMatch(StepReport::interrupted);
        return verdict(step + 1);
    }

    private static Map<String, Double> meanSeconds(Traffic ofStep, int ranks) {
        Map<String, Double> seconds = new LinkedHashMap<>();
        ofStep.rows().forEach(row -> seconds.merge(row.axis().name(), row.nanos() / 1e9 / ranks, Double::sum));
        return seconds;
    }

    /** Time spent on a checkpoint belongs to no step. */
    void continueTiming() {
        stepBegan = clock.nanoTime();
    }

    private static double meanLoss(List<StepReport> reports) {
        double sum = reports.stream().mapToDouble(StepReport::lossSum).sum();
        long tokens = reports.stream().mapToLong(StepReport::tokens).sum();
        return tokens == 0 ? 0 : sum / tokens;
    }

    private Verdict verdict(long next) {
        if (next >= setup.job().steps()) {
            interrupted = false;
            return Verdict.FINISH;
        }
        if (interrupted) {
            return Verdict.SAVE_AND_STOP;
        }
        long every = setup.job().checkpointEvery();
        return every > 0 && next % every == 0 ? Verdict.SAVE : Verdict.CONTINUE;
    }

    private Map<String, Object> row(long step, double loss, double seconds, double tokensPerSecond, Traffic ofStep) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("step", step);
        row.put("loss", loss);
        row.put("learning_rate", setup.job().learningRate().at(step));
        row.put("seconds", seconds);
        row.put("tokens_per_second", tokensPerSecond);
        row.put("bytes_sent", RunSummary.bytesSent(ofStep.rows(), 1));
        return row;
    }

    private static void requireFinite(long step, double loss) {
        if (!Double.isFinite(loss)) {
            throw new JobFailure(
                    "the loss became " + loss + " in step " + step + "; earlier checkpoints are untouched",
                    "a smaller learning rate, a longer `warmup`, or a wider `precision` usually cures this");
        }
    }

    void judgeHeldOut(BatchPlan batches, List<byte[]> encoded) {
        List<StepReport> reports = encoded.stream().map(StepReport::decode).toList();
        if (reports.stream().mapToLong(StepReport::tokens).sum() > 0) {
            progress.say("measuring what the held-out part is compared with");
            heldOut = Optional.of(batches.judged(meanLoss(reports)));
        }
    }

    void end(List<RankReport> ranks) {
        progress.close();
        metrics.close();
        record = Optional.of(new RunRecord(
                setup.firstStep(),
                setup.firstStep() + losses.size(),
                interrupted,
                List.copyOf(losses),
                List.copyOf(stepSeconds),
                traffic.rows(),
                List.copyOf(exchangeSeconds),
                heldOut,
                ranks));
    }

    /** What happened; there once the run ended in order. */
    Optional<RunRecord> record() {
        return record;
    }
}
