package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import java.util.List;

/** Layer norm and RMS norm: passes over a row while it is in the first-level cache. */
public final class NormalizeFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Normalize;
    }

    @Override
    public String label(KernelTask task) {
        return task instanceof KernelTask.Operator(Normalize n, var operands) && n.kind() == NormKind.RMS
                ? "RmsNorm"
                : "LayerNorm";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().getFirst());
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Normalize norm, var operands))) {
            throw new IllegalArgumentException("not a norm: " + task);
        }
        KernelFrame frame = KernelFrame.of(task);
        NormRows rows = NormRows.of(frame, norm.over(), target.lanes(frame.element()), 0);
        Function part = Code.function(
                "rows",
                "Rows from to to.",
                frame.partParameters(),
                code -> code.loop(
                        "row", KernelFrame.FROM, KernelFrame.TO, 1, (body, row) -> row(body, frame, norm, rows, row)));
        Function launch = Code.function(
                "run",
                "Shares the rows among the workers.",
                frame.parameters(),
                code -> code.parallel(rows.outer().size(), part, frame.arguments()));
        String passes = norm.kind() == NormKind.RMS ? "two passes" : "three passes (mean, deviation, result)";
        return new LoopKernel(
                frame.element(),
                rows.lanes(),
                List.of("loops: " + passes + " over a row while it is in the first-level cache"),
                List.of(),
                launch,
                List.of(part));
    }

    private static void row(Code code, KernelFrame frame, Normalize norm, NormRows rows, Index row) {
        var positions = rows.outer().positions(code, row);
        Index at = code.letIndex("at", rows.outer().offset(0, positions));
        Index statistic = code.letIndex("statisticAt", rows.outer().offset(1, positions));
        Location x = frame.operand(0).at(at);
        boolean layer = norm.kind() == NormKind.LAYER;
        Expr mean = Expr.literal(0);
        if (layer) {
            Expr sum = rows.sums(code, List.of((body, i, mask) -> rows.load(x, i, mask)))
                    .getFirst();
            mean = code.let("mean", sum.over(rows.count()));
            code.store(frame.result(2).at(statistic), mean);
        }
        Expr center = mean;
        Expr squares = rows.sums(code, List.of((body, i, mask) -> {
                    Expr value = rows.load(x, i, mask);
                    Expr centered = body.let("centered", layer ? value.minus(center) : value);
                    return centered.times(centered);
                }))
                .getFirst();
        Expr variance = squares.over(rows.count()).plus(Expr.literal(norm.epsilon()));
        Expr reciprocal = code.let("reciprocal", Expr.literal(1).over(variance.sqrt()));
        code.store(frame.result(1).at(statistic), reciprocal);
        rows.each(code, (body, i, mask) -> {
            Expr value = rows.load(x, i, mask);
            Expr normal = (layer ? value.minus(center) : value).times(reciprocal);
            Expr scaled = normal.times(rows.loadVector(frame.operand(1), i, mask));
            Expr shifted = layer ? scaled.plus(rows.loadVector(frame.operand(2), i, mask)) : scaled;
            body.store(rows.at(frame.result(0).at(at), i), shifted, mask);
        });
    }
}
