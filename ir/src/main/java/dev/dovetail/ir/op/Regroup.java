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
 * The same elements in the same order under other dims: a sequence as chunks of places, or a dim under another name, so that a
 * product can tell two uses of it apart.
 *
 * @param from neighbouring dims of the operand, outermost first
 * @param to what stands in their place; as many elements
 */
public record Regroup(List<Dim> from, List<Dim> to) implements Op {

    public Regroup {
        from = List.copyOf(from);
        to = List.copyOf(to);
        if (count(from) != count(to)) {
            throw new ShapeException("regroup of " + from + " as " + to);
        }
    }

    private static long count(List<Dim> dims) {
        return dims.stream().mapToLong(Dim::bound).reduce(1, Math::multiplyExact);
    }

    @Override
    public String label() {
        return "regroup";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.getFirst();
        int first = x.names().indexOf(from.getFirst().name());
        if (first < 0
                || !x.dims()
                        .subList(first, Math.min(first + from.size(), x.dims().size()))
                        .equals(from)) {
            throw new ShapeException("regroup of " + from + " in " + x);
        }
        var dims = new ArrayList<>(x.dims().subList(0, first));
        dims.addAll(to);
        dims.addAll(x.dims().subList(first + from.size(), x.dims().size()));
        return List.of(new TensorType(x.element(), dims));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    @Override
    public Splitting splitting(String dim) {
        return named(from, dim) || named(to, dim) ? Splitting.WHOLE : Splitting.SUM;
    }

    private static boolean named(List<Dim> dims, String name) {
        return dims.stream().anyMatch(dim -> dim.name().equals(name));
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        TensorType type = context.result(0).type();
        // A gradient may come with its dims in another order, in which those to be regrouped are no neighbours.
        Value ordered = gradient.type().names().equals(type.names())
                ? gradient
                : context.emitOne(new MapOp(Scalars.arg(0), type), gradient);
        return List.of(Optional.of(context.emitOne(new Regroup(to, from), ordered)));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor x = operands.getFirst();
        return List.of(new DoubleTensor(
                results(List.of(x.type())).getFirst(), x.values().clone()));
    }
}
