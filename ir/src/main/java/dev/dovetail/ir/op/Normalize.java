package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Layer norm (Ba et al. 2016, arXiv:1607.06450) or RMS norm (Zhang and Sennrich 2019, arXiv:1910.07467) over one dim.
 *
 * <p>Operands: x; scale[over]; for layer norm also shift[over]. Results: y like x; the reciprocal deviation without {@code
 * over}; for layer norm also the mean.
 */
public record Normalize(NormKind kind, String over, double epsilon) implements Op {

    /** Which statistics are removed. */
    public enum NormKind {
        RMS,
        LAYER
    }

    @Override
    public String label() {
        return kind == NormKind.RMS ? "rmsnorm" : "layernorm";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.getFirst();
        for (TensorType row : operands.subList(1, operands.size())) {
            if (!row.names().equals(List.of(over))
                    || row.dim(over).bound() != x.dim(over).bound()) {
                throw new ShapeException(label() + " of " + x + " over " + over + " is scaled by " + row);
            }
        }
        TensorType statistic = x.without(List.of(over)).withElement(x.element().statistic());
        return kind == NormKind.RMS ? List.of(x, statistic) : List.of(x, statistic, statistic);
    }

    @Override
    public double flops(List<TensorType> operands) {
        return (kind == NormKind.RMS ? 4.0 : 7.0) * operands.getFirst().elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(over) ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        var reads = new ArrayList<Value>(
                List.of(context.gradient(0).orElseThrow(), context.operand(0), context.operand(1), context.result(1)));
        if (kind == NormKind.LAYER) {
            reads.add(context.result(2));
        }
        return context.emit(new NormalizeGrad(kind, over), reads.toArray(Value[]::new)).stream()
                .map(Optional::of)
                .toList();
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor x = operands.get(0);
        var types = results(operands.stream().map(DoubleTensor::type).toList());
        DoubleTensor mean = DoubleTensor.zeros(types.get(1));
        DoubleTensor reciprocal = DoubleTensor.zeros(types.get(1));
        DoubleTensor y = DoubleTensor.zeros(x.type());
        double n = x.type().dim(over).bound();
        IndexSpace space = IndexSpace.over(x.type().dims());
        if (kind == NormKind.LAYER) {
            space.forEach(i -> mean.add(i, x.at(i) / n));
        }
        space.forEach(i -> reciprocal.add(i, (x.at(i) - mean.at(i)) * (x.at(i) - mean.at(i)) / n));
        IndexSpace.over(reciprocal.type().dims())
                .forEach(i -> reciprocal.set(i, 1 / Math.sqrt(reciprocal.at(i) + epsilon)));
        space.forEach(i -> {
            double shift = kind == NormKind.LAYER ? operands.get(2).at(i) : 0;
            y.set(i, (x.at(i) - mean.at(i)) * reciprocal.at(i) * operands.get(1).at(i) + shift);
        });
        return kind == NormKind.RMS ? List.of(y, reciprocal) : List.of(y, reciprocal, mean);
    }
}
