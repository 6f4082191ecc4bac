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
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Set;

/** Rows moved along a dim, zero or a ring's rows where none comes; by no place where dims are only regrouped. */
public final class ShiftFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && (o.op() instanceof Shift || o.op() instanceof Regroup);
    }

    @Override
    public String label(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Shift ? "Shift" : "Regroup";
    }

    @Override
    public String shape(KernelTask task) {
        String shape = Shapes.of(task.operands().getFirst());
        return task instanceof KernelTask.Operator o && o.op() instanceof Shift shift
                ? shape + "_" + shift.along() + (shift.by() < 0 ? "_back_" : "_by_") + Math.abs(shift.by())
                : shape;
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        KernelFrame frame = KernelFrame.of(task);
        Loops loops = new Loops(frame, shift(task), target.lanes(frame.element()));
        Function part = Code.function(
                "rows",
                "Rows from to to.",
                frame.partParameters(),
                code -> code.loop("row", KernelFrame.FROM, KernelFrame.TO, 1, loops::row));
        Function launch = Code.function(
                "run",
                "Shares the rows among the workers.",
                frame.parameters(),
                code -> code.parallel(loops.outer().size(), part, frame.arguments()));
        return new LoopKernel(
                frame.element(), loops.lanes(), List.of("loops: one copy per row"), List.of(), launch, List.of(part));
    }

    private static Shift shift(KernelTask task) {
        Op op = ((KernelTask.Operator) task).op();
        String first = task.operands().getFirst().names().getFirst();
        return op instanceof Shift shift ? shift : Shift.of(first, 0);
    }

    /** The loops of one kernel. Tensors of the nest: what is shifted, the ring. */
    private record Loops(KernelFrame frame, Shift shift, int lanes) {

        private TensorType x() {
            return frame.operandType(0);
        }

        private LoopNest nest() {
            TensorType ring = shift.carried()
                    .map(carry -> frame.operandType(1).without(List.of(carry.rows())))
                    .orElse(x());
            return LoopNest.over(x().dims(), List.of(x(), ring), Set.of(shift.along()));
        }

        private boolean movesElements() {
            return nest().last().names().contains(shift.along());
        }

        LoopNest outer() {
            return movesElements() ? nest() : nest().outer();
        }

        private LoopNest inner() {
            return new LoopNest(movesElements() ? List.of() : List.of(nest().last()));
        }

        private int alongAt() {
            for (int i = 0; i < nest().dims().size(); i++) {
                if (nest().dims().get(i).names().contains(shift.along())) {
                    return i;
                }
            }
            throw new IllegalStateException("no loop along " + shift.along());
        }

        void row(Code code, Index row) {
            var positions = outer().positions(code, row);
            Index at = positions.get(alongAt());
            Index to = code.letIndex("to", outer().offset(0, positions));
            long distance = shift.by() * LoopNest.stride(x(), shift.along());
            if (shift.by() > 0) {
                code.choose(
                        at,
                        Relation.LESS,
                        Index.of(shift.by()),
                        early -> before(early, positions, at, to),
                        late -> copy(late, 0, 0, to.minus(Index.of(distance)), to));
            } else {
                Index length = KernelFrame.extent(x().dim(shift.along()));
                code.choose(
                        at.plus(-shift.by()),
                        Relation.LESS,
                        length,
                        early -> copy(early, 0, 0, to.plus(-distance), to),
                        late -> clear(late, to));
            }
        }

        /** A row that comes from before this call. */
        private void before(Code code, List<Index> positions, Index at, Index to) {
            if (shift.carried().isEmpty()) {
                clear(code, to);
                return;
            }
            Carried carry = shift.carried().get();
            TensorType ring = frame.operandType(1);
            Index known = code.letIndex("known", Index.named(carry.start()).plus(at));
            code.choose(known, Relation.LESS, Index.of(shift.by()), none -> clear(none, to), some -> {
                Index length = KernelFrame.extent(ring.dim(carry.rows()));
                Index place = known.minus(Index.of(shift.by())).modulo(length);
                Index from = place.times(LoopNest.stride(ring, carry.rows())).plus(outer().offset(1, positions));
                if (movesElements()) {
                    throw new IllegalStateException("a ring of elements");
                }
                copy(some, 1, 1, some.letIndex("from", from), to);
            });
        }

        private void copy(Code code, int operand, int tensor, Index from, Index to) {
            boolean vector = isVector();
            NestLoops.walk(code, inner(), lanes, (body, at, mask) -> {
                Location source = frame.operand(operand).at(from.plus(inner().offset(tensor, at)));
                Expr value = vector ? new Expr.LoadVector(source, mask) : new Expr.Load(source);
                body.store(frame.result(0).at(to.plus(inner().offset(0, at))), value, mask);
            });
        }

        private void clear(Code code, Index to) {
            Expr zero = isVector() ? Expr.literal(0).broadcast() : Expr.literal(0);
            NestLoops.walk(
                    code,
                    inner(),
                    lanes,
                    (body, at, mask) -> body.store(frame.result(0).at(to.plus(inner().offset(0, at))), zero, mask));
        }

        private boolean isVector() {
            return NestLoops.lanes(inner(), lanes) > 1;
        }
    }
}
