package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Rotary position embedding: cosines and sines once per position, in double precision, then all heads in vectors. */
public final class RotateFamily implements KernelFamily {

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Rotate;
    }

    @Override
    public String label(KernelTask task) {
        return "Rotate";
    }

    @Override
    public String shape(KernelTask task) {
        return Shapes.of(task.operands().getFirst());
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Rotate rotate, var operands))) {
            throw new IllegalArgumentException("not a rotation: " + task);
        }
        return new Loops(KernelFrame.of(task), rotate, target).kernel();
    }

    /** The loops of one kernel. */
    private record Loops(KernelFrame frame, Rotate rotate, CpuTarget target) {

        private int lanes() {
            return target.lanes(frame.element());
        }

        private int half() {
            return rotate.embedding().rotated() / 2;
        }

        private long headDim() {
            return frame.operandType(0).dims().getLast().bound();
        }

        private Buffer.Scratch turns() {
            return new Buffer.Scratch("turns", frame.element());
        }

        private Buffer.Table frequencies() {
            double sign = rotate.inverse() ? -1 : 1;
            return new Buffer.Table(
                    "FREQUENCIES",
                    ElementType.F64,
                    IntStream.range(0, half())
                            .mapToObj(pair -> sign * rotate.embedding().frequency(pair))
                            .toList());
        }

        private LoopNest positions() {
            TensorType positions = frame.operandType(1);
            return LoopNest.over(positions.dims(), List.of(frame.operandType(0), positions), Set.of());
        }

        private LoopNest heads() {
            TensorType x = frame.operandType(0);
            int skipped = frame.operandType(1).dims().size();
            return LoopNest.over(x.dims().subList(skipped, x.dims().size() - 1), List.of(x), Set.of());
        }

        LoopKernel kernel() {
            Function part = Code.function(
                    "positions", "Every head at positions from to to.", frame.partParameters(), this::part);
            Function launch = Code.function(
                    "run",
                    "Shares the positions among the workers.",
                    frame.parameters(),
                    code -> code.parallel(positions().size(), part, frame.arguments()));
            return new LoopKernel(
                    frame.element(),
                    lanes(),
                    List.of("loops: cosines and sines once per position, then every head"),
                    List.of(frequencies()),
                    launch,
                    List.of(part));
        }

        private void part(Code code) {
            code.reserve(turns(), KernelFrame.WORKER, 2L * half());
            code.loop("token", KernelFrame.FROM, KernelFrame.TO, 1, (body, token) -> {
                var at = positions().positions(body, token);
                Index steps = body.letIndex(
                        "position",
                        new Index.Read(frame.operand(1).at(positions().offset(1, at))));
                body.loop("pair", Index.of(half()), (each, pair) -> {
                    each.store(turns().at(pair), turn(false, steps, pair));
                    each.store(turns().at(pair.plus(half())), turn(true, steps, pair));
                });
                Index token0 = body.letIndex("tokenAt", positions().offset(0, at));
                body.loop("head", heads().size(), (each, head) -> {
                    var where = heads().positions(each, head);
                    head(each, each.letIndex("headAt", token0.plus(heads().offset(0, where))));
                });
            });
        }

        private Expr turn(boolean sine, Index steps, Index pair) {
            Expr turn = new Expr.Turn(sine, steps, frequencies().at(pair));
            double magnitude = rotate.embedding().magnitude();
            return magnitude == 1 ? turn : turn.times(Expr.literal(magnitude));
        }

        private void head(Code code, Index at) {
            Location x = frame.operand(0).at(at);
            Location y = frame.result(0).at(at);
            LaneLoop.write(code, "pair", Index.ZERO, Index.of(half()), lanes(), (body, pair, mask) -> {
                Expr cosine = body.let("cosine", lanesAt(turns().at(pair), mask));
                Expr sine = body.let("sine", lanesAt(turns().at(pair.plus(half())), mask));
                Expr first = body.let("first", lanesAt(x.plus(pair), mask));
                Expr second = body.let("second", lanesAt(x.plus(pair).plus(half()), mask));
                body.store(y.plus(pair), first.times(cosine).minus(second.times(sine)), mask);
                body.store(y.plus(pair).plus(half()), second.times(cosine).plus(first.times(sine)), mask);
            });
            Index rotated = Index.of(2L * half());
            LaneLoop.write(
                    code,
                    "d",
                    rotated,
                    Index.of(headDim()),
                    lanes(),
                    (body, d, mask) -> body.store(y.plus(d), lanesAt(x.plus(d), mask), mask));
        }

        private static Expr lanesAt(Location location, Optional<String> mask) {
            return new Expr.LoadVector(location, mask);
        }
    }
}
