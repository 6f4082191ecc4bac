package dev.dovetail.backends.cpu.check;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.RouteReference;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * One kernel to be checked: the task, values of its launch symbols, and random data to feed it.
 *
 * @param symbols values of bounded extents and other launch symbols
 */
public record CheckCase(KernelTask task, Map<String, Double> symbols) {
    public CheckCase {
        symbols = Map.copyOf(symbols);
    }

    public static CheckCase of(KernelTask task) {
        return new CheckCase(task, Map.of());
    }

    /** A type with each bounded extent at its value in this case. */
    TensorType actual(TensorType type) {
        return new TensorType(
                type.element(), type.dims().stream().map(this::actual).toList());
    }

    private Dim actual(Dim dim) {
        return switch (dim.extent()) {
            case Extent.Fixed f -> dim;
            case Extent.Bounded b ->
                new Dim(dim.name(), Extent.of(symbols.get(b.symbol()).longValue()));
        };
    }

    /** The task with every bounded extent at its value. */
    KernelTask actualTask() {
        return switch (task) {
            case KernelTask.Operator o -> {
                var op = o.op();
                for (TensorType type : task.results()) {
                    for (Dim dim : type.dims()) {
                        op = op.withExtent(dim.name(), actual(dim).extent());
                    }
                }
                for (TensorType type : task.operands()) {
                    for (Dim dim : type.dims()) {
                        op = op.withExtent(dim.name(), actual(dim).extent());
                    }
                }
                yield new KernelTask.Operator(
                        op, o.operands().stream().map(this::actual).toList());
            }
            case KernelTask.Accumulate a -> new KernelTask.Accumulate(actual(a.type()));
            case KernelTask.Update u -> new KernelTask.Update(u.rule(), actual(u.type()));
        };
    }

    /** Operands of the actual extents, exactly representable in the kernel's types. */
    List<DoubleTensor> operands(RandomGenerator random) {
        KernelTask actual = actualTask();
        var operands = new ArrayList<DoubleTensor>();
        for (TensorType type : actual.operands()) {
            operands.add(
                    type.element() == ElementType.I32 ? indices(actual, type, random) : numbers(type, random, false));
        }
        if (actual instanceof KernelTask.Operator(AttendGrad grad, var types)) {
            // The saved results must belong to the operands, or the recomputed weights would not sum to one.
            var saved = new Attend(grad.pattern()).reference(operands.subList(1, 4), new ReferenceEnvironment(symbols));
            operands.set(4, rounded(saved.get(0)));
            operands.set(5, rounded(saved.get(1)));
        }
        return operands;
    }

    /** What the results hold before a task that works in place. */
    List<DoubleTensor> before(RandomGenerator random) {
        var before = new ArrayList<DoubleTensor>();
        for (TensorType type : actualTask().results()) {
            // Only the third is a second moment, but squares suit all.
            before.add(numbers(type, random, task instanceof KernelTask.Update && before.size() == 2));
        }
        return before;
    }

    private DoubleTensor indices(KernelTask actual, TensorType type, RandomGenerator random) {
        return switch (actual) {
            case KernelTask.Operator(Dispatch d, var types) ->
                RouteReference.drawn(type, RouteReference.capacity(d.capacity().bound(), d.stretch()), random);
            case KernelTask.Operator(Combine c, var types) ->
                RouteReference.drawn(
                        type, RouteReference.capacity(types.get(0).dims().get(2).bound(), c.stretch()), random);
            case KernelTask.Operator(GateGrad g, var types) ->
                RouteReference.drawn(
                        type, RouteReference.capacity(types.get(1).dims().get(2).bound(), g.stretch()), random);
            default -> integers(type, random);
        };
    }

    private DoubleTensor integers(TensorType type, RandomGenerator random) {
        double[] values = new double[Math.toIntExact(type.elements())];
        int limit = Math.toIntExact(integerLimit());
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(limit);
        }
        return new DoubleTensor(type, values);
    }

    /** Indices stay within the table; with a shard's first row, they also name rows held elsewhere. */
    private long integerLimit() {
        long rows = switch (task) {
            case KernelTask.Operator(Gather g, var operands) ->
                operands.get(1).dim(g.rows()).bound() * (g.start().isPresent() ? 3 : 1);
            case KernelTask.Operator(ScatterAdd s, var operands) ->
                s.rows().bound() * (s.start().isPresent() ? 3 : 1);
            case KernelTask.Operator o -> 50;
            case KernelTask.Accumulate a -> 50;
            case KernelTask.Update u -> 50;
        };
        return Math.max(1, rows);
    }

    private static DoubleTensor numbers(TensorType type, RandomGenerator random, boolean squares) {
        double[] values = new double[Math.toIntExact(type.elements())];
        for (int i = 0; i < values.length; i++) {
            double value = random.nextGaussian();
            values[i] = squares ? value * value : value;
        }
        return rounded(new DoubleTensor(type, values));
    }

    private static DoubleTensor rounded(DoubleTensor tensor) {
        if (tensor.type().element() != ElementType.F32) {
            return tensor;
        }
        double[] values = tensor.values().clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) values[i];
        }
        return new DoubleTensor(tensor.type(), values);
    }
}
