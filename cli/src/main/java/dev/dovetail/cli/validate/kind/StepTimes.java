package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.Prediction;
import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.RowResult.Measured;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.units.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;

/** Plans that were run: seconds of a step, or a rate that tells them, and the memory of the fullest device. */
public final class StepTimes implements TableKind {
    /** Headers that say so count the forward pass twice where layers are recomputed. */
    private static final Pattern COUNTS_RECOMPUTATION =
            Pattern.compile("96\\s*\\*\\s*b|(count|include)s? the recompute");

    /** Headers that say so measured what the framework's allocator held, not what the device did. */
    private static final Pattern ALLOCATED = Pattern.compile("peak (reserved|allocated)");

    /** How a row says that it did not run. */
    private static final Pattern OUT_OF_MEMORY = Pattern.compile("^oom\\b");

    /** What tells how long a step took, or what it held. */
    private static final List<String> MEASURES =
            List.of("iter_time_s", "tokens_per_s_gpu", "tflops_gpu", "mfu_pct", "mem_gib");

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("model", "gpu") && table.hasAny(MEASURES);
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        var writer = new RowSpec.Writer(table, tools.models(), tools.hardware());
        var results = new ArrayList<RowResult>();
        var works = new ArrayList<Optional<NaiveUtilisation.Work>>();
        for (MeasuredRow row : table.rows()) {
            Outcome outcome = predict(table, row, writer, tools);
            results.add(outcome.result());
            works.add(outcome.work());
            progress.accept(results.size());
        }
        List<RowResult> rows = NaiveUtilisation.add(results, works);
        var findings = new ArrayList<String>(ChosenPlans.findings(rows));
        findings.addAll(MemoryFindings.of(rows));
        return new TableScore(
                table.name(), "time of a step", "s", "the other rows' median utilisation", rows, findings);
    }

    private record Outcome(RowResult result, Optional<NaiveUtilisation.Work> work) {}

    private static Outcome predict(MeasuredTable table, MeasuredRow row, RowSpec.Writer writer, Tools tools) {
        try {
            RowSpec spec = writer.write(row);
            Prediction prediction = tools.predictor().predict(spec);
            OptionalDouble measured = measured(table, row, spec, prediction);
            var work = new NaiveUtilisation.Work(
                    spec.batch() * prediction.work().model(), prediction.peak().value());
            return new Outcome(result(table, row, measured, prediction), Optional.of(work));
        } catch (RuntimeException impossible) {
            return new Outcome(RowResult.unexpressed(row.id(), stated(row), Rows.reason(impossible)), Optional.empty());
        }
    }

    private static RowResult result(
            MeasuredTable table, MeasuredRow row, OptionalDouble measured, Prediction prediction) {
        boolean ranOut = OUT_OF_MEMORY.matcher(row.word("note")).find();
        OptionalDouble memory = row.findNumber("mem_gib");
        boolean saysMemory = ranOut || memory.isPresent() || measured.isPresent();
        String assumed = prediction.assumed().isEmpty() ? "" : "assumed: " + String.join(", ", prediction.assumed());
        String nothing = measured.isEmpty() && memory.isEmpty() && !ranOut ? "the row measures nothing" : "";
        return new RowResult(
                row.id(),
                new Measured(measured, OptionalDouble.of(prediction.step().value())),
                OptionalDouble.empty(),
                new Measured(
                        memory.isPresent()
                                ? OptionalDouble.of(Bytes.ofGib(1).count() * memory.getAsDouble())
                                : OptionalDouble.empty(),
                        OptionalDouble.of((ALLOCATED.matcher(table.header()).find()
                                        ? prediction.allocated()
                                        : prediction.memory())
                                .count())),
                prediction.account(),
                saysMemory ? Optional.of(ranOut) : Optional.empty(),
                Optional.of(prediction.capacity()),
                group(row),
                assumed.isEmpty() ? nothing : assumed);
    }

    /** Seconds, where the row says them without a model. */
    private static OptionalDouble stated(MeasuredRow row) {
        try {
            return row.findNumber("iter_time_s");
        } catch (Unexpressed wrong) {
            return OptionalDouble.empty();
        }
    }

    /** Seconds of a step: as stated, else from tokens, from FLOPs, or from utilisation. Empty where the row has none. */
    private static OptionalDouble measured(MeasuredTable table, MeasuredRow row, RowSpec spec, Prediction prediction) {
        OptionalDouble seconds = row.findNumber("iter_time_s");
        if (seconds.isPresent()) {
            return seconds;
        }
        OptionalDouble tokens = row.findNumber("tokens_per_s_gpu");
        if (tokens.isPresent()) {
            return OptionalDouble.of((double) spec.batch() * spec.sequence() / (tokens.getAsDouble() * spec.gpus()));
        }
        boolean recomputation = COUNTS_RECOMPUTATION
                .matcher(table.header().toLowerCase(Locale.ROOT))
                .find();
        double flops = spec.batch()
                * (recomputation
                        ? prediction.work().executed()
                        : prediction.work().model());
        OptionalDouble rate = row.findNumber("tflops_gpu");
        if (rate.isPresent()) {
            return OptionalDouble.of(flops / (rate.getAsDouble() * 1e12 * spec.gpus()));
        }
        OptionalDouble utilisation = row.findNumber("mfu_pct");
        return utilisation.isPresent()
                ? OptionalDouble.of(spec.batch()
                        * prediction.work().model()
                        / (utilisation.getAsDouble() / 100 * prediction.peak().value()))
                : OptionalDouble.empty();
    }

    /** Plans for the same model, devices and batch compete with each other. */
    private static Optional<String> group(MeasuredRow row) {
        List<String> columns = Arrays.asList(
                "model", "layers", "hidden", "seq_len", "gpu", "gpus", "gbs", "precision", "framework", "power_cap_w");
        return Optional.of(String.join(" ", columns.stream().map(row::word).toList()));
    }
}
