package dev.dovetail.ir.reference;

import dev.dovetail.ir.scalar.ScalarEvaluator;
import java.util.List;

/** What a scalar expression reads at the points of an index space, in their order; operands broadcast over dims they lack. */
public record SpaceElements(IndexSpace space, List<DoubleTensor> operands, ReferenceEnvironment environment)
        implements ScalarEvaluator.Elements {

    @Override
    public int count() {
        return space.size();
    }

    @Override
    public double[] arg(int index) {
        return space.spread(operands.get(index));
    }

    @Override
    public double[] indexOf(String dim) {
        return space.positions(dim);
    }

    @Override
    public double symbol(String name) {
        return environment.symbol(name);
    }
}
