package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.Prediction;
import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.RowResult.Measured;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.ir.units.Bytes;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Peaks of memory alone, of plans whose common settings the table's header says. */
public final class PeakMemory implements TableKind {
    private static final Pattern MICRO_BATCH = Pattern.compile("micro_bsz (\\d+)");
    private static final Pattern MICRO_BATCHES = Pattern.compile("micro_num (\\d+)");
    /** {@code NVIDIA/Megatron-LM PR 482}: a row from a thread of its own, of which the header's settings do not speak. */
    private static final Pattern THREAD = Pattern.compile("[\\w.-]+/([\\w.-]+) (?:pr|pull|issue) \\d+");

    private static final Pattern NOTED_MICRO_BATCH = Pattern.compile("mbs (\\d+)");
    private static final Pattern NOTED_BATCH = Pattern.compile("gbs (\\d+)");

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("model", "gpu", "gpus", "tp", "pp", "fsdp", "mem_gb");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        var writer = new RowSpec.Writer(table, tools.models(), tools.hardware());
        List<RowResult> results = Rows.each(table, progress, row -> predict(table, row, writer, tools));
        return new TableScore(
                table.name(), "memory of the fullest device", "", "", results, MemoryFindings.of(results));
    }

    private static RowResult predict(MeasuredTable table, MeasuredRow row, RowSpec.Writer writer, Tools tools) {
        Prediction prediction = tools.predictor().predict(writer.write(stated(table, row)));
        double measured = Bytes.ofGib(1).count() * row.number("mem_gb");
        return new RowResult(
                row.id(),
                Measured.NOTHING,
                OptionalDouble.empty(),
                new Measured(
                        OptionalDouble.of(measured),
                        OptionalDouble.of(prediction.memory().count())),
                prediction.account(),
                Optional.of(false),
                Optional.of(prediction.capacity()),
                Optional.empty(),
                "assumed: " + String.join(", ", prediction.assumed()));
    }

    /** The row with what the header says of all rows, or its note of this one. */
    private static MeasuredRow stated(MeasuredTable table, MeasuredRow row) {
        var cells = new HashMap<>(row.cells());
        cells.put("sharding", row.word("fsdp").equals("1") ? "fsdp" : "zero1");
        cells.put("dp", "");
        Matcher thread = THREAD.matcher(row.word("note"));
        if (thread.find()) {
            cells.put("framework", thread.group(1));
            cells.put("mbs", "" + number(NOTED_MICRO_BATCH, row.word("note")));
            Matcher batch = NOTED_BATCH.matcher(row.word("note"));
            cells.put("gbs", batch.find() ? batch.group(1) : "");
            return new MeasuredRow(row.id(), cells);
        }
        int each = number(MICRO_BATCH, table.header());
        int model = row.findCount("tp").orElse(1) * row.findCount("pp").orElse(1);
        int data = Math.max(1, row.count("gpus") / model);
        cells.put("mbs", "" + each);
        cells.put("gbs", "" + Math.multiplyExact(each * number(MICRO_BATCHES, table.header()), data));
        cells.put("recompute", table.header().contains("checkpoint on") ? "full" : "");
        cells.put("framework", table.header().contains("InternEvo") ? "InternEvo" : "");
        return new MeasuredRow(row.id(), cells);
    }

    private static int number(Pattern pattern, String text) {
        Matcher said = pattern.matcher(text);
        return said.find() ? Integer.parseInt(said.group(1)) : 1;
    }
}
