package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/** Looks up rows of a table: one contiguous copy per index. */
public final class GatherFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Gather;
    }

    @Override
    public String label(KernelTask task) {
        return "Gather";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().get(0)) + "_of_"
                + Shapes.of(task.operands().get(1));
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Gather gather, var operands))) {
            throw new IllegalArgumentException("not a gather: " + task);
        }
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        LoopNest tokens = tokens(frame);
        Function part = Code.function(
                "rows",
                "One row per index.",
                frame.partParameters(),
                code -> code.loop(
                        "token",
                        KernelFrame.FROM,
                        KernelFrame.TO,
                        1,
                        (body, token) -> row(body, frame, gather, lanes, token)));
        Function launch = Code.function(
                "run",
                "Shares the indices among the workers.",
                frame.parameters(),
                code -> code.parallel(tokens.size(), part, frame.arguments()));
        return new LoopKernel(
                frame.element(), lanes, List.of("loops: one row copied per index"), List.of(), launch, List.of(part));
    }

    private static LoopNest tokens(KernelFrame frame) {
        TensorType indices = frame.operandType(0);
        return LoopNest.over(indices.dims(), List.of(indices, frame.resultType(0)), Set.of());
    }

    private static void row(Code code, KernelFrame frame, Gather gather, int lanes, Index token) {
        TensorType table = frame.operandType(1);
        LoopNest tokens = tokens(frame);
        List<Dim> columnDims = table.without(List.of(gather.rows())).dims();
        LoopNest columns = LoopNest.over(columnDims, List.of(table, frame.resultType(0)), Set.of());
        var positions = tokens.positions(code, token);
        Index named = new Index.Read(frame.operand(0).at(tokens.offset(0, positions)));
        Index first = gather.start().map(Index::named).orElse(Index.ZERO);
        Index row = code.letIndex("row", named.minus(first));
        Index target = code.letIndex("target", tokens.offset(1, positions));
        Index source = code.letIndex("source", row.times(LoopNest.stride(table, gather.rows())));
        Index held = KernelFrame.extent(table.dim(gather.rows()));
        code.choose(
                row,
                Relation.LESS,
                Index.ZERO,
                below -> fill(below, frame, columns, lanes, target),
                within -> within.choose(
                        row,
                        Relation.LESS,
                        held,
                        here -> copy(here, frame, columns, lanes, source, target),
                        above -> fill(above, frame, columns, lanes, target)));
    }

    private static void copy(Code code, KernelFrame frame, LoopNest columns, int lanes, Index source, Index target) {
        boolean vector = NestLoops.lanes(columns, lanes) > 1;
        NestLoops.walk(code, columns, lanes, (body, at, mask) -> {
            var from = frame.operand(1).at(source.plus(columns.offset(0, at)));
            Expr value = vector ? new Expr.LoadVector(from, mask) : new Expr.Load(from);
            body.store(frame.result(0).at(target.plus(columns.offset(1, at))), value, mask);
        });
    }

    private static void fill(Code code, KernelFrame frame, LoopNest columns, int lanes, Index target) {
        Expr zero = NestLoops.lanes(columns, lanes) > 1 ? Expr.literal(0).broadcast() : Expr.literal(0);
        NestLoops.walk(
                code,
                columns,
                lanes,
                (body, at, mask) -> body.store(frame.result(0).at(target.plus(columns.offset(1, at))), zero, mask));
    }
}
