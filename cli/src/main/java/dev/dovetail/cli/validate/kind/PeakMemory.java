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

    /** The row with what the header says of all rows. */
    private static MeasuredRow stated(MeasuredTable table, MeasuredRow row) {
        var cells = new HashMap<>(row.cells());
        int each = number(MICRO_BATCH, table);
        int model = row.findCount("tp").orElse(1) * row.findCount("pp").orElse(1);
        int data = Math.max(1, row.count("gpus") / model);
        cells.put("mbs", "" + each);
        cells.put("gbs", "" + Math.multiplyExact(each * number(MICRO_BATCHES, table), data));
        cells.put("recompute", table.header().contains("checkpoint on") ? "full" : "");
        cells.put("sharding", row.word("fsdp").equals("1") ? "fsdp" : "zero1");
        cells.put("framework", table.header().contains("InternEvo") ? "InternEvo" : "");
        cells.put("dp", "");
        return new MeasuredRow(row.id(), cells);
    }

    private static int number(Pattern pattern, MeasuredTable table) {
        Matcher said = pattern.matcher(table.header());
        return said.find() ? Integer.parseInt(said.group(1)) : 1;
    }
}
