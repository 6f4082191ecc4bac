package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.Predictor;
import dev.dovetail.cli.validate.row.RowSpec;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.ir.model.ModelFigures;
import java.util.List;
import java.util.function.IntConsumer;

/** FLOPs that training a token takes, as published: matrix products and attention that a causal mask leaves, three times forward. */
public final class FlopCounts implements TableKind {

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("model", "seq_len", "gflop_per_token");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        var writer = new RowSpec.Writer(table, tools.models(), tools.hardware());
        List<RowResult> results = Rows.each(table, progress, row -> predict(row, writer, tools.predictor()));
        return new TableScore(table.name(), "arithmetic of a token", "GFLOP", "", results, List.of());
    }

    private static RowResult predict(MeasuredRow row, RowSpec.Writer writer, Predictor predictor) {
        var figures = ModelFigures.of(predictor.model(writer.model(row)));
        return RowResult.of(
                row.id(),
                row.number("gflop_per_token"),
                (figures.trainingFlops().value() + writer.furtherFlops(row)) / 1e9,
                "");
    }
}
