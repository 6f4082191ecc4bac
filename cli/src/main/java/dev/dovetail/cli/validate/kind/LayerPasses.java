package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Forward and backward of one layer under several ways to recompute (Korthikanti et al. 2022, arXiv:2205.05198, table 4). A layer
 * is what a deeper model takes longer, less what happens once a step: differences of whole predicted steps.
 */
public final class LayerPasses implements TableKind {
    private static final int SHALLOW = 4;
    private static final int DEEP = 12;
    private static final int MICROBATCH = 4;

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("experiment", "forward_ms", "backward_ms", "combined_ms");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        var writer = new RowSpec.Writer(table, tools.models(), tools.hardware());
        List<RowResult> results = Rows.each(table, progress, row -> predict(row, writer, tools));
        return new TableScore(table.name(), "passes through one layer", "ms", "", results, List.of());
    }

    private static RowResult predict(MeasuredRow row, RowSpec.Writer writer, Tools tools) {
        double deep = microbatch(row, DEEP, writer, tools);
        double shallow = microbatch(row, SHALLOW, writer, tools);
        return RowResult.of(
                row.text("experiment"),
                row.number("combined_ms"),
                1e3 * (deep - shallow) / (DEEP - SHALLOW),
                "assumed: layers of the 22B model of the paper's table 3 on 8 tensor ranks");
    }

    /** Seconds that one more micro-batch takes. */
    private static double microbatch(MeasuredRow row, int layers, RowSpec.Writer writer, Tools tools) {
        return step(row, layers, 2 * MICROBATCH, writer, tools) - step(row, layers, MICROBATCH, writer, tools);
    }

    private static double step(MeasuredRow row, int layers, int batch, RowSpec.Writer writer, Tools tools) {
        var cells = new HashMap<String, String>(Map.of(
                "model", "megatron-22b",
                "layers", "" + layers,
                "hidden", "6144",
                "heads", "64",
                "vocab", "51200",
                "seq_len", "2048",
                "gpu", "A100-SXM-80GB",
                "gpus", "8"));
        cells.putAll(Map.of("gbs", "" + batch, "mbs", "" + MICROBATCH, "tp", "8", "pp", "1", "vp", "1"));
        cells.putAll(Map.of("framework", "Megatron-LM", "sharding", "none", "precision", "fp16"));
        cells.put("sp", row.word("experiment").contains("sequence parallel") ? "1" : "0");
        cells.put("recompute", recompute(row.word("experiment")));
        return tools.predictor()
                .predict(writer.write(new MeasuredRow(row.id(), cells)))
                .step()
                .value();
    }

    private static String recompute(String experiment) {
        if (experiment.startsWith("selective")) {
            return "selective";
        }
        if (experiment.startsWith("full")) {
            return "full";
        }
        if (experiment.startsWith("no ") || experiment.startsWith("sequence")) {
            return "none";
        }
        throw new Unexpressed("the experiment `" + experiment + "` is none of the paper's");
    }
}
