package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.NormalizeGrad;
import java.util.List;
import java.util.Optional;

/**
 * Gradients of the norms, in two parallel parts: rows for dx; columns for dscale and dshift. Adding the columns apart from
 * the rows reads twice, and in return their sums do not depend on how many workers there are.
 */
public final class NormalizeGradFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof NormalizeGrad;
    }

    @Override
    public String label(KernelTask task) {
        return task instanceof KernelTask.Operator(NormalizeGrad n, var operands) && n.kind() == NormKind.RMS
                ? "RmsNormGrad"
                : "LayerNormGrad";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().getFirst());
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(NormalizeGrad grad, var operands))) {
            throw new IllegalArgumentException("not a norm's gradient: " + task);
        }
        KernelFrame frame = KernelFrame.of(task);
        NormRows rows = NormRows.of(frame, grad.over(), target.lanes(frame.element()), 1);
        return new Loops(frame, grad.kind() == NormKind.LAYER, rows).kernel();
    }

    /** The loops of one kernel. Operands: dy, x, scale, reciprocal, mean. Results: dx, dscale, dshift. */
    private record Loops(KernelFrame frame, boolean layer, NormRows rows) {

        LoopKernel kernel() {
            Function byRow = Code.function(
                    "rows",
                    "dx of rows from to to.",
                    frame.partParameters(),
                    code -> code.loop("row", KernelFrame.FROM, KernelFrame.TO, 1, this::row));
            Function byColumn = Code.function(
                    "columns",
                    "dscale" + (layer ? " and dshift" : "") + " of blocks of " + rows.lanes() + " columns.",
                    frame.partParameters(),
                    this::columns);
            Function launch = Code.function("run", "Rows, then columns.", frame.parameters(), code -> {
                code.parallel(rows.outer().size(), byRow, frame.arguments());
                code.parallel(rows.extent().piecesOf(rows.lanes()), byColumn, frame.arguments());
            });
            return new LoopKernel(
                    frame.element(),
                    rows.lanes(),
                    List.of("loops: rows for dx, then columns for the parameters' gradients"),
                    List.of(),
                    launch,
                    List.of(byRow, byColumn));
        }

        private Expr reciprocal(Index statistic) {
            return new Expr.Load(frame.operand(3).at(statistic));
        }

        private Expr centered(Expr x, Index statistic) {
            return layer ? x.minus(new Expr.Load(frame.operand(4).at(statistic))) : x;
        }

        private void row(Code code, Index row) {
            var positions = rows.outer().positions(code, row);
            Index at = code.letIndex("at", rows.outer().offset(0, positions));
            Index statistic = code.letIndex("statisticAt", rows.outer().offset(1, positions));
            Expr scale = code.let("reciprocal", reciprocal(statistic));
            Expr center =
                    layer ? code.let("mean", new Expr.Load(frame.operand(4).at(statistic))) : Expr.literal(0);
            Location dy = frame.operand(0).at(at);
            Location x = frame.operand(1).at(at);
            NestLoops.Term flow = (body, i, mask) ->
                    body.let("flow", rows.load(dy, i, mask).times(rows.loadVector(frame.operand(2), i, mask)));
            NestLoops.Term product = (body, i, mask) -> rows.load(dy, i, mask)
                    .times(rows.loadVector(frame.operand(2), i, mask))
                    .times(normal(rows.load(x, i, mask), center, scale));
            var sums = rows.sums(code, layer ? List.of(product, flow) : List.of(product));
            Expr meanProduct = code.let("meanProduct", sums.getFirst().over(rows.count()));
            Expr meanFlow = layer ? code.let("meanFlow", sums.get(1).over(rows.count())) : Expr.literal(0);
            rows.each(code, (body, i, mask) -> {
                Expr through = flow.at(body, i, mask);
                Expr normal = normal(rows.load(x, i, mask), center, scale);
                Expr rest = (layer ? through.minus(meanFlow) : through).minus(normal.times(meanProduct));
                body.store(rows.at(frame.result(0).at(at), i), rest.times(scale), mask);
            });
        }

        private Expr normal(Expr x, Expr center, Expr scale) {
            return (layer ? x.minus(center) : x).times(scale);
        }

        private void columns(Code code) {
            Index first = KernelFrame.FROM.times(rows.lanes());
            Index end = KernelFrame.TO.times(rows.lanes()).least(rows.extent());
            LaneLoop.write(code, "column", first, end, rows.lanes(), rows.extent(), this::column);
        }

        private void column(Code code, Index column, Optional<String> mask) {
            Expr.Local scale = code.variable("dscale", Expr.literal(0).broadcast());
            Expr.Local shift = layer ? code.variable("dshift", Expr.literal(0).broadcast()) : scale;
            code.loop("row", rows.outer().size(), (body, row) -> {
                var positions = rows.outer().positions(body, row);
                Index at = rows.outer().offset(0, positions);
                Index statistic = rows.outer().offset(1, positions);
                Expr dy = body.let("dy", rows.load(frame.operand(0).at(at), column, mask));
                Expr centered = centered(rows.load(frame.operand(1).at(at), column, mask), statistic);
                body.assign(scale, scale.plus(dy.times(centered.times(reciprocal(statistic)))));
                if (layer) {
                    body.assign(shift, shift.plus(dy));
                }
            });
            code.store(frame.result(1).at(column), scale, mask);
            if (layer) {
                code.store(frame.result(2).at(column), shift, mask);
            }
        }
    }
}
