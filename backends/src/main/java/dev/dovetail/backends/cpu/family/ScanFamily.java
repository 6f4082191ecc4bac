package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Linear recurrences: a stretch of neighbouring states goes through all positions while its last row is in the first cache. */
public final class ScanFamily implements KernelFamily {
    /** Vectors of a stretch: 2 KiB of floats with eight lanes, so that rows of states, inputs and decays fit the cache. */
    private static final int STRETCH = 64;

    @Override
    public boolean takes(KernelTask task) {
        return task instanceof KernelTask.Operator o && o.op() instanceof Scan;
    }

    @Override
    public String label(KernelTask task) {
        return "Scan";
    }

    @Override
    public String shape(KernelTask task) {
        Scan scan = (Scan) ((KernelTask.Operator) task).op();
        return Shapes.of(task.operands().get(1)) + "_" + scan.along() + (scan.reverse() ? "_back" : "");
    }

    @Override
    public LoopKernel build(KernelTask task, CpuTarget target) {
        if (!(task instanceof KernelTask.Operator(Scan scan, var operands))) {
            throw new IllegalArgumentException("not a scan: " + task);
        }
        KernelFrame frame = KernelFrame.of(task);
        Loops loops = new Loops(frame, scan, target.lanes(frame.element()));
        Function part = Code.function(
                "stretches",
                "Stretches of states from to to.",
                frame.partParameters(),
                code -> code.loop("stretch", KernelFrame.FROM, KernelFrame.TO, 1, loops::stretch));
        Function launch = Code.function(
                "run",
                "Shares the states among the workers.",
                frame.parameters(),
                code -> code.parallel(loops.stretches(), part, frame.arguments()));
        return new LoopKernel(
                frame.element(),
                loops.lanes(),
                List.of("loops: stretches of " + loops.length() + " states, each through all positions"),
                List.of(),
                launch,
                List.of(part));
    }

    /** The loops of one kernel. Tensors of the nest of states: the input, the decay, the ring. */
    private record Loops(KernelFrame frame, Scan scan, int widest) {
        private static final int INPUT = 0;
        private static final int DECAY = 1;
        private static final int RING = 2;

        private LoopNest states() {
            TensorType input = frame.operandType(1);
            var along = List.of(scan.along());
            TensorType ring = scan.carried()
                    .map(carry -> frame.operandType(2).without(List.of(carry.rows())))
                    .orElse(input.without(along));
            var tensors = List.of(input, frame.operandType(0), ring);
            LoopNest nest = LoopNest.over(input.without(along).dims(), tensors, Set.of());
            return nest.isEmpty()
                    ? new LoopNest(List.of(new LoopDim(List.of("state"), Index.of(1), 1, List.of(1L, 1L, 1L))))
                    : nest;
        }

        private LoopDim last() {
            return states().last();
        }

        /** A decay that all neighbours share is one number. */
        private boolean isShared() {
            return last().stride(DECAY) == 0;
        }

        int lanes() {
            boolean adjacent = last().stride(INPUT) == 1 && last().stride(RING) == 1 && last().stride(DECAY) <= 1;
            return adjacent ? widest : 1;
        }

        long length() {
            return (long) STRETCH * lanes();
        }

        Index stretches() {
            return states().outer().size().times(last().extent().piecesOf(length()));
        }

        void stretch(Code code, Index stretch) {
            Index pieces = last().extent().piecesOf(length());
            Index first = code.letIndex("first", stretch.modulo(pieces).times(length()));
            Index end = code.letIndex("end", first.plus(length()).least(last().extent()));
            var positions = states().outer().isEmpty()
                    ? List.<Index>of()
                    : states().outer().positions(code, code.letIndex("row", stretch.dividedBy(pieces)));
            Index inputs = code.letIndex("inputs", states().outer().offset(INPUT, positions));
            Index decays = code.letIndex("decays", states().outer().offset(DECAY, positions));
            begin(code, new Place(Index.ZERO, inputs, decays, first, end), positions);
            Index count = KernelFrame.extent(frame.operandType(1).dim(scan.along()));
            long back = (scan.reverse() ? 1 : -1) * LoopNest.stride(frame.operandType(1), scan.along());
            code.loop("step", Index.of(1), count, 1, (body, step) -> {
                Place place = new Place(step, inputs, decays, first, end);
                write(body, place, at -> Optional.of(frame.result(0).at(at.plus(back))));
            });
        }

        /** One position of a stretch: which step, and where the stretch's rows begin. */
        private record Place(Index step, Index inputs, Index decays, Index first, Index end) {}

        /** Where the state before lies, for a state of the input's offset; nowhere where there is none. */
        private interface Before {
            Optional<dev.dovetail.backends.cpu.loop.Location> of(Index at);
        }

        private void begin(Code code, Place place, List<Index> positions) {
            if (scan.carried().isEmpty()) {
                write(code, place, at -> Optional.empty());
                return;
            }
            Carried carry = scan.carried().get();
            TensorType ring = frame.operandType(2);
            code.choose(
                    Index.named(carry.start()),
                    Relation.LESS,
                    Index.of(1),
                    none -> write(none, place, at -> Optional.empty()),
                    some -> {
                        Index length = KernelFrame.extent(ring.dim(carry.rows()));
                        Index row =
                                Index.named(carry.start()).minus(Index.of(1)).modulo(length);
                        Index rows = some.letIndex(
                                "kept",
                                row.times(LoopNest.stride(ring, carry.rows()))
                                        .plus(states().outer().offset(RING, positions)));
                        write(some, place, at -> Optional.of(frame.operand(2).at(rows.plus(at.minus(place.inputs())))));
                    });
        }

        private void write(Code code, Place place, Before before) {
            Index count = KernelFrame.extent(frame.operandType(1).dim(scan.along()));
            Index at = scan.reverse() ? count.minus(place.step()).minus(Index.of(1)) : place.step();
            Index input = code.letIndex(
                    "input", place.inputs().plus(at.times(LoopNest.stride(frame.operandType(1), scan.along()))));
            Index decay = code.letIndex(
                    "decay", place.decays().plus(at.times(LoopNest.stride(frame.operandType(0), scan.along()))));
            boolean vector = lanes() > 1;
            LaneLoop.write(code, "i", place.first(), place.end(), lanes(), (body, i, mask) -> {
                Index element = i.times(last().stride(INPUT));
                Expr value = load(vector, 1, input.plus(element), mask);
                boolean starts = before.of(Index.ZERO).isEmpty();
                if (!starts) {
                    Expr factor = load(vector && !isShared(), 0, decay.plus(i.times(last().stride(DECAY))), mask);
                    Index from =
                            place.step().equals(Index.ZERO) ? place.inputs().plus(element) : input.plus(element);
                    var location = before.of(from).orElseThrow();
                    Expr state = vector ? new Expr.LoadVector(location, mask) : new Expr.Load(location);
                    value = factor.fma(state, value);
                }
                body.store(frame.result(0).at(input.plus(element)), value, mask);
            });
        }

        private Expr load(boolean vector, int operand, Index at, Optional<String> mask) {
            var location = frame.operand(operand).at(at);
            return vector ? new Expr.LoadVector(location, mask) : new Expr.Load(location);
        }
    }
}
