package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Some neighbouring elements of the operand's last dim; takes a {@link Join} apart.
 *
 * @param kept the result's last dim
 * @param first the first element kept
 */
public record Part(Dim kept, long first) implements Op {

    @Override
    public String label() {
        return "part";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType whole = operands.getFirst();
        if (first + kept.bound() > whole.dims().getLast().bound()) {
            throw new ShapeException("part " + kept + " from " + first + " of " + whole);
        }
        var dims = new ArrayList<>(whole.dims().subList(0, whole.dims().size() - 1));
        dims.add(kept);
        return List.of(new TensorType(whole.element(), dims));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    /** Reads only what it keeps. */
    @Override
    public double bytes(List<TensorType> operands) {
        return 2.0 * results(operands).getFirst().bytes();
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(kept.name()) ? Splitting.WHOLE : Splitting.SUM;
    }

    /** Nothing beside the gradient of what was kept. */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        if (!context.wants(0)) {
            return List.of(Optional.empty());
        }
        Value gradient = context.gradient(0).orElseThrow();
        Dim whole = context.operand(0).type().dims().getLast();
        var sides = new ArrayList<Value>();
        if (first > 0) {
            sides.add(nothing(context, gradient, first));
        }
        sides.add(gradient);
        long behind = whole.bound() - first - kept.bound();
        if (behind > 0) {
            sides.add(nothing(context, gradient, behind));
        }
        var names = List.of(whole.name(), kept.name());
        return List.of(Optional.of(context.emitOne(new Join(whole.name(), names), sides.toArray(Value[]::new))));
    }

    private Value nothing(BackwardContext context, Value gradient, long length) {
        var dims = new ArrayList<>(gradient.type().dims());
        dims.set(dims.size() - 1, Dim.of(kept.name(), length));
        return context.emitOne(
                new MapOp(Scalars.constant(0), new TensorType(gradient.type().element(), dims)));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor whole = operands.getFirst();
        DoubleTensor result = DoubleTensor.zeros(results(List.of(whole.type())).getFirst());
        int length = (int) whole.type().dims().getLast().bound();
        int own = (int) kept.bound();
        for (int row = 0; row < result.values().length / own; row++) {
            System.arraycopy(whole.values(), row * length + (int) first, result.values(), row * own, own);
        }
        return List.of(result);
    }
}
