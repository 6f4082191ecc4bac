package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Rows laid side by side, and parts of rows: one copy for each stretch of a row. */
public final class JoinFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && (o.op() instanceof Join || o.op() instanceof Part);
    }

    @Override
    public String label(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Join ? "Join" : "Part";
    }

    @Override
    public String shape(KernelTask task) {
        var shapes = new ArrayList<String>();
        task.operands().forEach(operand -> shapes.add(Shapes.of(operand)));
        if (task instanceof KernelTask.Operator o && o.op() instanceof Part part) {
            shapes.add(part.kept().bound() + "_from_" + part.first());
        }
        return String.join("_", shapes);
    }

    /** A stretch of a row that is copied from an operand. */
    private record Stretch(int operand, long from, long to, long length) {}

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        List<Stretch> stretches = stretches(task);
        Function part = Code.function(
                "rows",
                "Rows from to to.",
                frame.partParameters(),
                code -> code.loop("row", KernelFrame.FROM, KernelFrame.TO, 1, (body, row) -> {
                    for (Stretch stretch : stretches) {
                        copy(body, frame, lanes, row, stretch);
                    }
                }));
        Function launch = Code.function(
                "run",
                "Shares the rows among the workers.",
                frame.parameters(),
                code -> code.parallel(rows(frame, 0).size(), part, frame.arguments()));
        return new LoopKernel(
                frame.element(),
                lanes,
                List.of("loops: one copy per stretch of a row"),
                List.of(),
                launch,
                List.of(part));
    }

    private static List<Stretch> stretches(KernelTask task) {
        if (task instanceof KernelTask.Operator(Part part, var operands)) {
            return List.of(new Stretch(0, part.first(), 0, part.kept().bound()));
        }
        var stretches = new ArrayList<Stretch>();
        long at = 0;
        for (int i = 0; i < task.operands().size(); i++) {
            long length = task.operands().get(i).dims().getLast().bound();
            stretches.add(new Stretch(i, 0, at, length));
            at += length;
        }
        return stretches;
    }

    /** Rows of the result; tensors: the result, the operand. */
    private static LoopNest rows(KernelFrame frame, int operand) {
        TensorType result = frame.resultType(0);
        List<Dim> outer = result.dims().subList(0, result.dims().size() - 1);
        // Operands differ in the dims they repeat: positions are taken apart dim by dim, the same way for all.
        Set<String> alone = Set.copyOf(outer.stream().map(Dim::name).toList());
        return LoopNest.over(outer, List.of(result, frame.operandType(operand)), alone);
    }

    private static void copy(Code code, KernelFrame frame, int lanes, Index row, Stretch stretch) {
        LoopNest rows = rows(frame, stretch.operand());
        var positions = rows.positions(code, row);
        Index to = code.letIndex("to", rows.offset(0, positions).plus(stretch.to()));
        Index from = code.letIndex("from", rows.offset(1, positions).plus(stretch.from()));
        TensorType stretchType = new TensorType(frame.element(), List.of(Dim.of("column", stretch.length())));
        LoopNest columns = LoopNest.over(stretchType.dims(), List.of(stretchType), Set.of());
        boolean vector = NestLoops.lanes(columns, lanes) > 1;
        NestLoops.walk(code, columns, lanes, (body, i, mask) -> {
            Index column = columns.offset(0, i);
            var source = frame.operand(stretch.operand()).at(from.plus(column));
            Expr value = vector ? new Expr.LoadVector(source, mask) : new Expr.Load(source);
            body.store(frame.result(0).at(to.plus(column)), value, mask);
        });
    }
}
