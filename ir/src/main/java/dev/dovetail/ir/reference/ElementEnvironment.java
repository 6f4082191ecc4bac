package dev.dovetail.ir.reference;

import dev.dovetail.ir.scalar.ScalarEvaluator;
import java.util.List;

/** What a scalar expression reads at one point of an index space. */
public record ElementEnvironment(List<DoubleTensor> operands, IndexSpace.Point point, ReferenceEnvironment environment)
        implements ScalarEvaluator.Environment {

    @Override
    public double arg(int index) {
        return operands.get(index).at(point);
    }

    @Override
    public double indexOf(String dim) {
        return point.along(dim);
    }

    @Override
    public double symbol(String name) {
        return environment.symbol(name);
    }
}
