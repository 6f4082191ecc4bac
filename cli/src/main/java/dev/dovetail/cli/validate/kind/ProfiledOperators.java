package dev.dovetail.cli.validate.kind;

import dev.dovetail.cli.validate.predict.OperatorTimes;
import dev.dovetail.cli.validate.score.RowResult;
import dev.dovetail.cli.validate.score.TableScore;
import dev.dovetail.cli.validate.table.MeasuredRow;
import dev.dovetail.cli.validate.table.MeasuredTable;
import dev.dovetail.cli.validate.table.Unexpressed;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.engine.EngineCatalog;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntConsumer;

/**
 * Operators of a transformer layer on one tensor rank, as a profiler of Megatron-LM's layers measured them: forward, in the
 * mean over warm and cold calls.
 */
public final class ProfiledOperators implements TableKind {
    @Override
    public boolean reads(MeasuredTable table) {
        return table.has("gpu", "hidden", "heads", "mbs", "tp", "op", "fwd_us", "activations_mib");
    }

    @Override
    public TableScore score(MeasuredTable table, Tools tools, IntConsumer progress) {
        List<RowResult> results = Rows.each(table, progress, row -> predict(row, tools));
        double[] activations =
                table.rows().stream().mapToDouble(ProfiledOperators::moved).toArray();
        return new TableScore(
                table.name(),
                "forward time of an operator",
                "us",
                "the other rows' median bandwidth",
                NaiveRate.add(results, activations),
                List.of());
    }

    private static double moved(MeasuredRow row) {
        try {
            return row.findNumber("activations_mib").orElse(Double.NaN);
        } catch (Unexpressed wrong) {
            return Double.NaN;
        }
    }

    private static RowResult predict(MeasuredRow row, Tools tools) {
        OptionalDouble measured = row.findNumber("fwd_us");
        var shape = Shape.of(row);
        Node node = tools.hardware().node(row.text("gpu"), Optional.empty());
        double seconds = seconds(row.word("op"), shape, new OperatorTimes(node, EngineCatalog.MEGATRON_LM));
        return RowResult.of(row.id(), measured.orElseThrow(), 1e6 * seconds, "");
    }

    /** @param tokens of the micro-batch, as the operator's own output tells them */
    private record Shape(long hidden, long heads, long batch, long ways, long tokens) {
        static Shape of(MeasuredRow row) {
            return new Shape(row.count("hidden"), row.count("heads"), row.count("mbs"), row.count("tp"), sequence(row));
        }

        /** The table's sequences differ by device; outputs of {@code dense} layers say which. */
        private static long sequence(MeasuredRow row) {
            boolean a100 = row.word("gpu").startsWith("a100");
            return a100 ? 4096 : 2048;
        }

        long sequence() {
            return tokens;
        }

        long rows() {
            return tokens * batch;
        }

        TensorType stream(long width) {
            return TensorType.of(ElementType.BF16, Dim.of("rows", rows()), Dim.of("width", width));
        }
    }

    private static double seconds(String op, Shape s, OperatorTimes times) {
        long local = Math.max(1, s.heads() / s.ways());
        long headDim = s.hidden() / s.heads();
        return switch (op.toLowerCase(Locale.ROOT)) {
            case "enc-attention-qkv" -> product(times, s.rows(), 3 * s.hidden() / s.ways(), s.hidden());
            case "enc-attention-dense" -> product(times, s.rows(), s.hidden(), s.hidden() / s.ways());
            case "enc-mlp-gemm-1" -> product(times, s.rows(), 4 * s.hidden() / s.ways(), s.hidden());
            case "enc-mlp-gemm-2" -> product(times, s.rows(), s.hidden(), 4 * s.hidden() / s.ways());
            case "enc-attention-score" ->
                times.product(times.narrow(), s.batch() * local, s.sequence(), s.sequence(), headDim)
                        .value();
            case "enc-attention-context" ->
                times.product(times.narrow(), s.batch() * local, s.sequence(), headDim, s.sequence())
                        .value();
            case "enc-mlp-gelu" -> map(times, s.stream(4 * s.hidden() / s.ways()));
            case "enc-1st-layernorm" -> {
                var row = TensorType.of(ElementType.BF16, Dim.of("width", s.hidden()));
                var norm = new Normalize(NormKind.LAYER, "width", 1e-5);
                yield times.compute(norm, List.of(s.stream(s.hidden()), row, row))
                        .value();
            }
            default -> throw new Unexpressed("the operator `" + op + "` is not one of a program's");
        };
    }

    private static double product(OperatorTimes times, long m, long n, long k) {
        return times.product(times.narrow(), 1, m, n, k).value();
    }

    private static double map(OperatorTimes times, TensorType type) {
        return times.compute(new MapOp(Scalars.arg(0), type), List.of(type)).value();
    }
}
