package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.IndexSpace;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.reference.Runs;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * y[i] = x[i - by] along one dim, and zero where that is outside: causal convolutions are sums of scaled shifts. Operands: x;
 * while decoding, also the ring of rows before it. Result: like x.
 *
 * @param by places later; negative for earlier
 * @param carried the ring, in a call that goes on where another ended
 */
public record Shift(String along, int by, Optional<Carried> carried) implements Op {

    public static Shift of(String along, int by) {
        return new Shift(along, by, Optional.empty());
    }

    @Override
    public String label() {
        return "shift";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        TensorType x = operands.getFirst();
        x.dim(along);
        carried.ifPresent(ring -> checkRing(x, operands.get(1), ring));
        return List.of(x);
    }

    private void checkRing(TensorType x, TensorType ring, Carried carry) {
        boolean alike = ring.without(List.of(carry.rows())).equals(x.without(List.of(along)));
        if (!alike || by < 1 || ring.dim(carry.rows()).bound() < by) {
            throw new ShapeException("shift of " + x + " by " + by + " goes on from " + ring);
        }
    }

    @Override
    public double flops(List<TensorType> operands) {
        return 0;
    }

    @Override
    public Splitting splitting(String dim) {
        boolean ring = carried.map(carry -> carry.rows().equals(dim)).orElse(false);
        return dim.equals(along) || ring ? Splitting.WHOLE : Splitting.SUM;
    }

    /** The transpose shifts back. */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        return List.of(
                Optional.of(context.emitOne(of(along, -by), context.gradient(0).orElseThrow())));
    }

    @Override
    public List<DoubleTensor> reference(List<DoubleTensor> operands, ReferenceEnvironment environment) {
        DoubleTensor x = operands.getFirst();
        DoubleTensor y = DoubleTensor.zeros(x.type());
        Runs runs = Runs.along(x.type(), along);
        for (int before = 0; before < runs.outer(); before++) {
            for (int to = 0; to < runs.length(); to++) {
                int from = to - by;
                if (from >= 0 && from < runs.length()) {
                    System.arraycopy(x.values(), runs.at(before, from), y.values(), runs.at(before, to), runs.run());
                }
            }
        }
        carried.ifPresent(carry -> goOn(y, operands.get(1), carry, environment));
        return List.of(y);
    }

    /** Writes what earlier calls left to where it is shifted. */
    private void goOn(DoubleTensor y, DoubleTensor ring, Carried carry, ReferenceEnvironment environment) {
        int start = (int) environment.symbol(carry.start());
        IndexSpace.over(y.type().dims()).forEach(point -> {
            int position = start + point.along(along) - by;
            if (point.along(along) < by && position >= 0) {
                int row = Math.floorMod(
                        position, (int) ring.type().dim(carry.rows()).bound());
                y.set(point, ring.at(dim -> dim.equals(carry.rows()) ? row : point.along(dim)));
            }
        });
    }
}
