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
        DoubleTensor dy = operands.get(0);
        DoubleTensor x = operands.get(1);
        DoubleTensor scale = operands.get(2);
        DoubleTensor reciprocal = operands.get(3);
        boolean layer = kind == NormKind.LAYER;
        DoubleTensor mean = layer ? operands.get(4) : DoubleTensor.zeros(reciprocal.type());
        DoubleTensor dx = DoubleTensor.zeros(x.type());
        DoubleTensor dscale = DoubleTensor.zeros(scale.type());
        DoubleTensor dshift = DoubleTensor.zeros(scale.type());
        DoubleTensor meanGradient = DoubleTensor.zeros(reciprocal.type());
        DoubleTensor meanProduct = DoubleTensor.zeros(reciprocal.type());
        double n = x.type().dim(over).bound();
        IndexSpace space = IndexSpace.over(x.type().dims());
        space.forEach(i -> {
            double normal = (x.at(i) - mean.at(i)) * reciprocal.at(i);
            dscale.add(i, dy.at(i) * normal);
            dshift.add(i, dy.at(i));
            meanGradient.add(i, layer ? dy.at(i) * scale.at(i) / n : 0);
            meanProduct.add(i, dy.at(i) * scale.at(i) * normal / n);
        });
        space.forEach(i -> {
            double normal = (x.at(i) - mean.at(i)) * reciprocal.at(i);
            dx.set(i, reciprocal.at(i) * (dy.at(i) * scale.at(i) - meanGradient.at(i) - normal * meanProduct.at(i)));
        });
        return layer ? List.of(dx, dscale, dshift) : List.of(dx, dscale);
    }
}
