package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/** Copies fresh keys or values into their place in a cache; the result is the cache itself, at the same offset. */
public final class CacheWriteFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof CacheWrite;
    }

    @Override
    public String label(KernelTask task) {
        return "CacheWrite";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().get(1)) + "_into_"
                + Shapes.of(task.operands().get(0));
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(CacheWrite write, var operands))) {
            throw new IllegalArgumentException("not a cache write: " + task);
        }
        KernelFrame frame = KernelFrame.of(task);
        int lanes = target.lanes(frame.element());
        TensorType fresh = frame.operandType(1);
        LoopNest nest = nest(frame, write, fresh);
        Function part = Code.function(
                "rows",
                "Rows of the fresh tensor.",
                frame.partParameters(),
                code -> code.loop(
                        "row",
                        KernelFrame.FROM,
                        KernelFrame.TO,
                        1,
                        (body, row) -> row(body, frame, write, nest, lanes, row)));
        Index extent = nest.dims().size() > 1 ? nest.outer().size() : Index.of(1);
        Function launch = Code.function(
                "run",
                "Shares the fresh rows among the workers.",
                frame.parameters(),
                code -> code.parallel(extent, part, frame.arguments()));
        return new LoopKernel(
                frame.element(), lanes, List.of("loops: one copy per fresh row"), List.of(), launch, List.of(part));
    }

    /** Tensors: the fresh rows; the cache, in a ring without its rows, whose places are found one by one. */
    private static LoopNest nest(KernelFrame frame, CacheWrite write, TensorType fresh) {
        TensorType cache = frame.operandType(0);
        return write.ring()
                ? LoopNest.over(
                        fresh.dims(), List.of(fresh, cache.without(List.of(write.past()))), Set.of(write.fresh()))
                : LoopNest.over(fresh.dims(), List.of(fresh, renamed(cache, write)), Set.of());
    }

    /** The cache with its dim of positions named as the fresh one's, so that both are walked together. */
    private static TensorType renamed(TensorType cache, CacheWrite write) {
        return new TensorType(
                cache.element(),
                cache.dims().stream()
                        .map(d -> d.name().equals(write.past()) ? new Dim(write.fresh(), d.extent()) : d)
                        .toList());
    }

    private static void row(Code code, KernelFrame frame, CacheWrite write, LoopNest nest, int lanes, Index row) {
        long stride = LoopNest.stride(frame.operandType(0), write.past());
        var outer = nest.dims().size() > 1 ? nest.outer().positions(code, row) : List.<Index>of();
        if (!write.ring()) {
            Index start = code.letIndex("start", Index.named(write.start()).times(stride));
            copy(code, frame, nest, lanes, outer, start);
            return;
        }
        Index fresh = KernelFrame.extent(frame.operandType(1).dim(write.fresh()));
        Index length = KernelFrame.extent(frame.operandType(0).dim(write.past()));
        Index at = outer.get(0);
        // Of the positions that share a row, only the last stays.
        code.choose(at.plus(length), Relation.LESS, fresh, passed -> {}, kept -> {
            Index place = Index.named(write.start()).plus(at).modulo(length);
            copy(kept, frame, nest, lanes, outer, kept.letIndex("start", place.times(stride)));
        });
    }

    private static void copy(Code code, KernelFrame frame, LoopNest nest, int lanes, List<Index> outer, Index start) {
        LoopNest inner = new LoopNest(nest.isEmpty() ? List.of() : List.of(nest.last()));
        boolean vector = NestLoops.lanes(inner, lanes) > 1;
        NestLoops.walk(code, inner, lanes, (body, at, mask) -> {
            var positions = new java.util.ArrayList<>(outer);
            positions.addAll(at);
            var from = frame.operand(1).at(nest.offset(0, positions));
            Expr value = vector ? new Expr.LoadVector(from, mask) : new Expr.Load(from);
            body.store(frame.result(0).at(start.plus(nest.offset(1, positions))), value, mask);
        });
    }
}
