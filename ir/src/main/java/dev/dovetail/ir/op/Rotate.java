package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Rotates pairs of each head by an angle proportional to the token's position, and scales them by the magnitude. Operands: x with last dim head_dim; positions
 * (I32) whose dims x also has, before its heads. Result: like x.
 *
 * @param inverse turns the other way and scales alike: the transpose, hence the gradient
 */
public record Rotate(RotaryEmbedding embedding, boolean inverse) implements Op {

    @Override
    public String label() {
        return inverse ? "rotate_grad" : "rotate";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.getFirst();
        TensorType positions = operands.get(1);
        if (!x.dims().getLast().name().equals(AttentionPattern.HEAD_DIM)
                || x.dims().getLast().bound() < embedding.rotated()
                || !x.names().subList(0, positions.dims().size()).equals(positions.names())) {
            throw new ShapeException("rotate " + embedding.rotated() + " elements of " + x + " at " + positions);
        }
        return List.of(x);
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 3.0 * operands.getFirst().elements();
    }

    @Override
    public Splitting splitting(String dim) {
        return dim.equals(AttentionPattern.HEAD_DIM) ? Splitting.WHOLE : Splitting.SUM;
    }

    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        Value gradient = context.gradient(0).orElseThrow();
        return List.of(
                Optional.of(context.emitOne(new Rotate(embedding, !inverse), gradient, context.operand(1))),
                Optional.empty());
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        double[] x = operands.get(0).values();
        double[] positions = operands.get(1).values();
        DoubleTensor y = new DoubleTensor(operands.get(0).type(), x.clone());
        int dim = (int) y.type().dims().getLast().bound();
        int half = embedding.rotated() / 2;
        int headsPerPosition = x.length / dim / positions.length;
        for (int row = 0; row < x.length / dim; row++) {
            for (int pair = 0; pair < half; pair++) {
                double angle = positions[row / headsPerPosition] * embedding.frequency(pair) * (inverse ? -1 : 1);
                double a = x[row * dim + pair];
                double b = x[row * dim + pair + half];
                double cosine = embedding.magnitude() * Math.cos(angle);
                double sine = embedding.magnitude() * Math.sin(angle);
                y.values()[row * dim + pair] = a * cosine - b * sine;
                y.values()[row * dim + pair + half] = b * cosine + a * sine;
            }
        }
        return List.of(y);
    }
}
