package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.Prediction;
import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.units.Bytes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/**
 * Memory of the first pipeline stage by part, as Korthikanti et al. (2022, arXiv:2205.05198, figures 1 and 7) plot it for
 * Megatron-LM: weights with optimizer, activations, and activations relative to plain tensor parallelism.
 */
public final class MemoryFigures implements TableKind {
    /** The plans of the paper's table 3, by model; the figures do not repeat them. */
    private static final Map<String, String> PLANS = Map.of(
            "megatron-22b", "48,6144,64,8,4,8,1,1",
            "gpt3-175b", "96,12288,96,64,64,8,8,3",
            "turing-530b", "105,20480,128,280,280,8,35,3",
            "megatron-1t", "128,25600,160,512,512,8,64,1");

    private static final List<String> COLUMNS = List.of("layers", "hidden", "heads", "gpus", "gbs", "tp", "pp", "vp");

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("figure", "model", "mode", "quantity", "value");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        var writer = new RowSpec.Writer(table, tools.models(), tools.hardware());
        List<RowResult> results = Rows.each(table, progress, row -> predict(row, writer, tools));
        return new TableScore(
                table.name(), "memory of the first stage", "GiB or % of the baseline", "", results, List.of());
    }

    private static RowResult predict(MeasuredRow row, RowSpec.Writer writer, Tools tools) {
        Prediction prediction = plan(row, row.word("mode"), writer, tools);
        double predicted = switch (row.word("quantity")) {
            case "params_opt_gib" -> gib(prediction.first().state());
            case "activations_gib" -> gib(prediction.first().activations());
            case "activations_pct_of_tp_baseline" ->
                100
                        * prediction
                                .first()
                                .activations()
                                .ratioTo(
                                        plan(row, "none", writer, tools).first().activations());
            default -> throw new Unexpressed("no part of memory is called `" + row.word("quantity") + "`");
        };
        return RowResult.of(row.id(), row.number("value"), predicted, "assumed: the plan of the paper's table 3");
    }

    private static double gib(Bytes bytes) {
        return (double) bytes.count() / Bytes.ofGib(1).count();
    }

    private static Prediction plan(MeasuredRow row, String mode, RowSpec.Writer writer, Tools tools) {
        String plan = PLANS.get(row.word("model"));
        if (plan == null) {
            throw new Unexpressed("no plan is known of the model `" + row.word("model") + "`");
        }
        var cells = new HashMap<String, String>();
        String[] values = plan.split(",");
        for (int i = 0; i < values.length; i++) {
            cells.put(COLUMNS.get(i), values[i]);
        }
        boolean small = row.word("model").equals("megatron-22b");
        cells.putAll(Map.of("model", row.word("model"), "vocab", "51200", "seq_len", "2048", "gpu", "A100-SXM-80GB"));
        cells.putAll(
                Map.of("mbs", small ? "4" : "1", "framework", "Megatron-LM", "sharding", "none", "precision", "fp16"));
        cells.put("sp", mode.contains("seqpar") ? "1" : "0");
        cells.put("recompute", recompute(mode));
        return tools.predictor().predict(writer.write(new MeasuredRow(row.id(), cells)));
    }

    private static String recompute(String mode) {
        if (mode.contains("selective")) {
            return "selective";
        }
        return mode.contains("full") ? "full" : "none";
    }
}
