package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/**
 * Adds rows into a table. Workers own columns, not rows or tokens: none ever adds where another does, and each element's
 * additions keep the order of the tokens however many workers there are.
 */
public final class ScatterFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof ScatterAdd;
    }

    @Override
    public String label(KernelTask task) {
        return "ScatterAdd";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().get(1)) + "_into_"
                + Shapes.of(task.results().getFirst());
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(ScatterAdd scatter, var operands))) {
            throw new IllegalArgumentException("not a scatter: " + task);
        }
        return new Loops(KernelFrame.of(task), scatter, target).kernel();
    }

    /** The loops of one kernel. */
    private record Loops(KernelFrame frame, ScatterAdd scatter, CpuTarget target) {

        private int lanes() {
            return target.lanes(frame.element());
        }

        private TensorType table() {
            return frame.resultType(0);
        }

        private LoopNest tokens() {
            TensorType indices = frame.operandType(0);
            return LoopNest.over(indices.dims(), List.of(indices, frame.operandType(1)), Set.of());
        }

        private LoopNest columns() {
            var dims = table().without(List.of(scatter.rows().name())).dims();
            return LoopNest.over(dims, List.of(frame.operandType(1), table()), Set.of());
        }

        /** Whether the columns are one stretch that can be cut among the workers. */
        private boolean isOneStretch() {
            return columns().dims().size() == 1 && NestLoops.lanes(columns(), 2) > 1;
        }

        LoopKernel kernel() {
            Function part = Code.function(
                    "columns",
                    "Blocks of " + lanes() + " columns, for every token.",
                    frame.partParameters(),
                    this::part);
            Index extent = isOneStretch() ? columns().size().piecesOf(lanes()) : Index.of(1);
            Function launch = Code.function(
                    "run",
                    "Shares the columns among the workers.",
                    frame.parameters(),
                    code -> code.parallel(extent, part, frame.arguments()));
            return new LoopKernel(
                    frame.element(),
                    lanes(),
                    List.of("loops: workers own columns, so that additions keep the tokens' order"),
                    List.of(),
                    launch,
                    List.of(part));
        }

        private void part(Code code) {
            Index rows = KernelFrame.extent(scatter.rows());
            code.loop("row", rows, (body, row) -> zero(body, row));
            code.loop("token", tokens().size(), this::token);
        }

        private Index rowAt(Index row) {
            return row.times(LoopNest.stride(table(), scatter.rows().name()));
        }

        private void zero(Code code, Index row) {
            walk(
                    code,
                    (body, at, mask) -> body.store(
                            frame.result(0).at(rowAt(row).plus(columns().offset(1, at))),
                            number(Expr.literal(0)),
                            mask));
        }

        private Expr number(Expr value) {
            return isVector() ? value.broadcast() : value;
        }

        private boolean isVector() {
            return NestLoops.lanes(columns(), lanes()) > 1;
        }

        private void token(Code code, Index token) {
            var positions = tokens().positions(code, token);
            Index named = new Index.Read(frame.operand(0).at(tokens().offset(0, positions)));
            Index row = code.letIndex(
                    "row", named.minus(scatter.start().map(Index::named).orElse(Index.ZERO)));
            Index source = code.letIndex("source", tokens().offset(1, positions));
            Index target = code.letIndex("target", rowAt(row));
            Index held = KernelFrame.extent(scatter.rows());
            code.choose(
                    row,
                    Relation.LESS,
                    Index.ZERO,
                    below -> {},
                    within -> within.when(row, Relation.LESS, held, here -> add(here, source, target)));
        }

        private void add(Code code, Index source, Index target) {
            walk(code, (body, at, mask) -> {
                Location into = frame.result(0).at(target.plus(columns().offset(1, at)));
                Location from = frame.operand(1).at(source.plus(columns().offset(0, at)));
                Expr sum = isVector()
                        ? new Expr.LoadVector(into, mask).plus(new Expr.LoadVector(from, mask))
                        : new Expr.Load(into).plus(new Expr.Load(from));
                body.store(into, sum, mask);
            });
        }

        /** This worker's columns. */
        private void walk(Code code, NestLoops.Body body) {
            if (!isOneStretch()) {
                NestLoops.walk(code, columns(), lanes(), body);
                return;
            }
            Index first = KernelFrame.FROM.times(lanes());
            Index end = KernelFrame.TO.times(lanes()).least(columns().size());
            LaneLoop.write(
                    code,
                    columns().counter(),
                    first,
                    end,
                    lanes(),
                    columns().size(),
                    (inner, i, mask) -> body.write(inner, List.of(i), mask));
        }
    }
}
