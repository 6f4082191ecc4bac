package dev.dovetail.ir.op;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
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

    /** Training never takes a part forward; {@link Join} is differentiated into parts. */
    @Override
    public List<Optional<Value>> backward(BackwardContext context) {
        throw new IllegalStateException("a part is taken in decoding and in derivatives alone");
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
