package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.RouteReference;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/** Random operands a kernel can be checked with, as they are after being stored in its types. */
final class SampleInputs {
    /** A prime, so that rows of a tensor differ. */
    private static final long PATTERN = 65_537;

    private final KernelWork work;
    private final ReferenceEnvironment environment;
    private final RandomGenerator random;

    SampleInputs(KernelWork work, ReferenceEnvironment environment, long seed) {
        this.work = work;
        this.environment = environment;
        this.random = new SplittableRandom(seed);
    }

    List<DoubleTensor> draw() {
        var operands = new ArrayList<DoubleTensor>();
        boolean positive = work.expressions().stream().anyMatch(SampleInputs::needsPositive);
        for (TensorType type : work.operands()) {
            operands.add(draw(type, positive));
        }
        if (work instanceof KernelWork.OperatorWork operator) {
            complete(operator.op(), operands);
        }
        return operands;
    }

    /** Fills storage of any size with numbers a kernel may meet, by repeating some thousand random ones. */
    void fill(int operand, MemorySegment target) {
        TensorType type = work.operands().get(operand);
        OptionalLong capacity = capacityOf(operand);
        if (capacity.isPresent()) {
            TensorBytes.write(places(operand, capacity.getAsLong()), type, target);
            return;
        }
        boolean positive = work.expressions().stream().anyMatch(SampleInputs::needsPositive);
        long period = Math.min(type.elements(), PATTERN);
        TensorType flat = TensorType.of(type.element(), Dim.of("pattern", period));
        MemorySegment pattern = target.asSlice(0, flat.bytes());
        TensorBytes.write(draw(flat, positive), flat, pattern);
        for (long at = flat.bytes(); at < target.byteSize(); at += flat.bytes()) {
            long length = Math.min(flat.bytes(), target.byteSize() - at);
            target.asSlice(at, length).copyFrom(pattern.asSlice(0, length));
        }
    }

    private static boolean needsPositive(ScalarExpr expr) {
        boolean own = expr instanceof ScalarExpr.Unary u
                && (u.kind() == ScalarExpr.UnaryKind.LOG || u.kind() == ScalarExpr.UnaryKind.SQRT);
        return own || expr.children().stream().anyMatch(SampleInputs::needsPositive);
    }

    private DoubleTensor draw(TensorType type, boolean positive) {
        DoubleTensor tensor = DoubleTensor.zeros(type);
        for (int i = 0; i < tensor.values().length; i++) {
            double value = type.element().isFloating() ? random.nextGaussian() : random.nextInt(integerBound());
            double placed = positive && type.element().isFloating() ? 0.1 + Math.abs(value) : value;
            tensor.values()[i] = TensorBytes.rounded(placed, type.element());
        }
        return tensor;
    }

    /** Integers index rows, positions or classes; a few beyond the end where the operator drops those. */
    private int integerBound() {
        long rows = switch (work) {
            case KernelWork.OperatorWork o
            when o.op() instanceof Gather ->
                o.operands().get(1).dims().getFirst().bound();
            case KernelWork.OperatorWork o
            when o.op() instanceof ScatterAdd s -> s.rows().bound();
            case KernelWork.OperatorWork o -> longest(o.operands());
            case KernelWork.UpdateWork u -> longest(u.operands());
        };
        return (int) Math.min(rows + (environment.symbols().isEmpty() ? 0 : 3), 1 << 20);
    }

    private static long longest(List<TensorType> types) {
        return types.stream()
                .flatMap(type -> type.dims().stream())
                .mapToLong(Dim::bound)
                .max()
                .orElse(1);
    }

    /** Gradients read what the forward pass saved; random numbers in its place would not cancel as they do. */
    private void complete(Op op, List<DoubleTensor> operands) {
        for (int i = 0; i < operands.size(); i++) {
            OptionalLong capacity = capacityOf(i);
            if (capacity.isPresent()) {
                operands.set(i, places(i, capacity.getAsLong()));
            }
        }
        if (op instanceof Attend attend && attend.pattern().start().isPresent()) {
            long start = (long) environment.symbol(attend.pattern().start().get());
            long queries = operands.getFirst().type().dims().getFirst().bound();
            long keys = operands.get(1).type().dims().getFirst().bound();
            long written = 1 + attend.pattern().position(queries - 1, start, queries, keys);
            operands.subList(1, 3).forEach(cache -> forget(cache, written));
        }
        if (op instanceof AttendGrad grad) {
            var saved = new Attend(grad.pattern()).reference(operands.subList(1, 4), environment);
            operands.set(4, stored(saved.get(0), work.operands().get(4)));
            operands.set(5, stored(saved.get(1), work.operands().get(5)));
        }
        if (op instanceof NormalizeGrad grad) {
            var forward = new Normalize(grad.kind(), grad.over(), 1e-5);
            DoubleTensor shift = operands.get(2);
            var reads = grad.kind() == Normalize.NormKind.RMS
                    ? operands.subList(1, 3)
                    : List.of(operands.get(1), operands.get(2), shift);
            var saved = forward.reference(reads, environment);
            for (int i = 3; i < operands.size(); i++) {
                operands.set(i, stored(saved.get(i - 2), work.operands().get(i)));
            }
        }
    }

    /** How long the queues are whose places an operand holds; empty where it holds none. Other numbers would lead astray. */
    private OptionalLong capacityOf(int operand) {
        return switch (work) {
            case KernelWork.OperatorWork o
            when o.op() instanceof Dispatch d && operand == 1 ->
                OptionalLong.of(RouteReference.capacity(d.capacity().bound(), d.stretch()));
            case KernelWork.OperatorWork o
            when o.op() instanceof Combine c && operand == 1 ->
                OptionalLong.of(RouteReference.capacity(capacity(0), c.stretch()));
            case KernelWork.OperatorWork o
            when o.op() instanceof GateGrad g && operand == 2 ->
                OptionalLong.of(RouteReference.capacity(capacity(1), g.stretch()));
            case KernelWork.OperatorWork o -> OptionalLong.empty();
            case KernelWork.UpdateWork u -> OptionalLong.empty();
        };
    }

    private DoubleTensor places(int operand, long capacity) {
        return RouteReference.drawn(work.operands().get(operand), capacity, random);
    }

    /** Places in the queues that an operand holds. */
    private long capacity(int operand) {
        return work.operands().get(operand).dims().get(2).bound();
    }

    /** A cache holds anything at all beyond the newest token. */
    private static void forget(DoubleTensor cache, long written) {
        int position =
                cache.values().length / (int) cache.type().dims().getFirst().bound();
        for (long i = written * position; i < cache.values().length; i++) {
            cache.values()[(int) i] = Double.NaN;
        }
    }

    private static DoubleTensor stored(DoubleTensor tensor, TensorType type) {
        DoubleTensor result = DoubleTensor.zeros(type);
        for (int i = 0; i < result.values().length; i++) {
            result.values()[i] = TensorBytes.rounded(tensor.values()[i], type.element());
        }
        return result;
    }
}
