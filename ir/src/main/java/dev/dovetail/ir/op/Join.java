package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lays operands side by side along their last dims, whatever those are called. An operand that lacks a dim of the last one is
 * repeated along it: the rotary part of a latent key, shared by all heads.
 *
 * @param along name of the result's last dim
 * @param whole names of the operands' last dims where ranks might share them: they must have all of it
 */
public record Join(String along, List<String> whole) implements Op {

    public Join {
        whole = List.copyOf(whole);
    }

    public Join(String along) {
        this(along, List.of());
    }

    @Override
    public String label() {
        return "join";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType model = operands.getLast();
        var outer = model.dims().subList(0, model.dims().size() - 1);
        long length = 0;
        for (TensorType operand : operands) {
            var own = operand.dims().subList(0, operand.dims().size() - 1);
            if (!outer.containsAll(own) || operand.element() != model.element()) {
                throw new ShapeException("join along " + along + " of " + operands);
            }
            length += operand.dims().getLast().bound();
        }
        var dims = new ArrayList<>(outer);
        dims.add(Dim.of(along, length));
        return List.of(new TensorType(model.element(), dims));
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(along) || whole.contains(dim) ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        var gradients = new ArrayList<Optional<Value>>();
        long first = 0;
        for (int i = 0; i < context.operandCount(); i++) {
            TensorType operand = context.operand(i).type();
            Dim last = operand.dims().getLast();
            gradients.add(context.wants(i) ? Optional.of(part(context, gradient, operand, first)) : Optional.empty());
            first += last.bound();
        }
        return gradients;
    }

    private static Value part(BackwardContext context, Value gradient, TensorType operand, long first) {
        Value part = context.emitOne(new Part(operand.dims().getLast(), first), gradient);
        var repeated =
                part.type().names().stream().filter(name -> !operand.has(name)).toList();
        return repeated.isEmpty()
                ? part
                : context.emitOne(new MapReduce(Scalars.arg(0), part.type(), repeated, Splitting.SUM), part);
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        TensorType type =
                results(operands.stream().map(DoubleTensor::type).toList()).getFirst();
        DoubleTensor result = DoubleTensor.zeros(type);
        int length = (int) type.dims().getLast().bound();
        int first = 0;
        for (DoubleTensor operand : operands) {
            var space = new ArrayList<>(type.dims().subList(0, type.dims().size() - 1));
            space.add(operand.type().dims().getLast());
            double[] values = IndexSpace.over(space).spread(operand);
            int own = (int) space.getLast().bound();
            for (int row = 0; row < values.length / own; row++) {
                System.arraycopy(values, row * own, result.values(), row * length + first, own);
            }
            first += own;
        }
        return List.of(result);
    }
}
