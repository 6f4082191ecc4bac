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
        TensorType statistic =
                results(operands.stream().map(DoubleTensor::type).toList()).get(1);
        DoubleTensor mean = DoubleTensor.zeros(statistic);
        DoubleTensor reciprocal = DoubleTensor.zeros(statistic);
        IndexSpace rows = rows(x.type(), over);
        double[] in = rows.spread(x);
        double[] out = new double[in.length];
        int n = (int) x.type().dim(over).bound();
        for (int row = 0; row < in.length / n; row++) {
            for (int i = 0; i < n && kind == NormKind.LAYER; i++) {
                mean.values()[row] += in[row * n + i] / n;
            }
            double variance = 0;
            for (int i = 0; i < n; i++) {
                double centred = in[row * n + i] - mean.values()[row];
                variance += centred * centred / n;
            }
            reciprocal.values()[row] = 1 / Math.sqrt(variance + epsilon);
            for (int i = 0; i < n; i++) {
                double normal =
                        (in[row * n + i] - mean.values()[row]) * reciprocal.values()[row];
                double shift = kind == NormKind.LAYER ? operands.get(2).values()[i] : 0;
                out[row * n + i] = normal * operands.get(1).values()[i] + shift;
            }
        }
        DoubleTensor y = rows.gather(out, x.type());
        return kind == NormKind.RMS ? List.of(y, reciprocal) : List.of(y, reciprocal, mean);
    }

    /** All points of a tensor, those normalized together next to one another. */
    static IndexSpace rows(TensorType x, String over) {
        var dims = new ArrayList<>(x.without(List.of(over)).dims());
        dims.add(x.dim(over));
        return IndexSpace.over(dims);
    }
}
