package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.OperatorTimes;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.optimizer.engine.EngineCatalog;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Matrix products by size and type. */
public final class ProductTimes implements TableKind {

    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("system", "dtype", "m", "n", "k", "latency_ms");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        List<RowResult> results = Rows.each(table, progress, row -> predict(row, tools));
        double[] work = table.rows().stream().mapToDouble(ProductTimes::flops).toArray();
        return new TableScore(
                table.name(),
                "time of a matrix product",
                "ms",
                "the other rows' median rate",
                NaiveRate.add(results, work),
                List.of());
    }

    private static RowResult predict(MeasuredRow row, Tools tools) {
        double measured = row.number("latency_ms");
        ProductFormat format = format(row.word("dtype"));
        var times = new OperatorTimes(
                tools.hardware().node(row.text("system"), Optional.empty()), EngineCatalog.DOVETAIL.with(format));
        double seconds = times.product(ElementType.BF16, 1, row.count("m"), row.count("n"), row.count("k"))
                .value();
        return RowResult.of(row.id(), measured, 1e3 * seconds, "");
    }

    private static ProductFormat format(String word) {
        return ProductFormat.of(
                        word.replace("half", "fp16").replace("fp4", "nvfp4").replace("nvnv", "nv"))
                .orElseThrow(() -> new Unexpressed("products of `" + word + "` are not supported yet"));
    }

    private static double flops(MeasuredRow row) {
        try {
            return 2 * row.number("m") * row.number("n") * row.number("k");
        } catch (Unexpressed unknown) {
            return Double.NaN;
        }
    }
}
