package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Gradient of {@link Normalize}. Operands: dy, x, scale, reciprocal deviation, and for layer norm the mean. Results: dx,
 * dscale, and for layer norm dshift.
 */
public record NormalizeGrad(NormKind kind, String over) implements Op {

    @Override
    public String label() {
        return kind == NormKind.RMS ? "rmsnorm_grad" : "layernorm_grad";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType scale = operands.get(2);
        return kind == NormKind.RMS ? List.of(operands.get(1), scale) : List.of(operands.get(1), scale, scale);
    }

    @Override
    public double flops(List<TensorType> operands) {
        return (kind == NormKind.RMS ? 9.0 : 13.0) * operands.getFirst().elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(over) ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("second derivatives are not taken");
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        boolean layer = kind == NormKind.LAYER;
        TensorType type = operands.get(1).type();
        double[] scale = operands.get(2).values();
        double[] reciprocal = operands.get(3).values();
        double[] mean = layer ? operands.get(4).values() : new double[reciprocal.length];
        IndexSpace rows = Normalize.rows(type, over);
        double[] dy = rows.spread(operands.get(0));
        double[] x = rows.spread(operands.get(1));
        double[] dx = new double[x.length];
        DoubleTensor dscale = DoubleTensor.zeros(operands.get(2).type());
        DoubleTensor dshift = DoubleTensor.zeros(operands.get(2).type());
        int n = scale.length;
        for (int row = 0; row < reciprocal.length; row++) {
            double meanGradient = 0;
            double meanProduct = 0;
            for (int i = 0; i < n; i++) {
                int at = row * n + i;
                double normal = (x[at] - mean[row]) * reciprocal[row];
                dscale.values()[i] += dy[at] * normal;
                dshift.values()[i] += dy[at];
                meanGradient += layer ? dy[at] * scale[i] / n : 0;
                meanProduct += dy[at] * scale[i] * normal / n;
            }
            for (int i = 0; i < n; i++) {
                int at = row * n + i;
                double normal = (x[at] - mean[row]) * reciprocal[row];
                dx[at] = reciprocal[row] * (dy[at] * scale[i] - meanGradient - normal * meanProduct);
            }
        }
        DoubleTensor whole = rows.gather(dx, type);
        return layer ? List.of(whole, dscale, dshift) : List.of(whole, dscale);
    }
}
