package dev.dovetail.ir.reference;

import dev.dovetail.ir.scalar.ScalarEvaluator;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** What a scalar expression reads at one point of an index space. */
public final class ElementEnvironment implements ScalarEvaluator.Environment {
    private final List<DoubleTensor> operands;
    private final int[] places;
    private final IndexSpace.Point point;
    private final ReferenceEnvironment environment;

    /** One point, looked up by the names of its dims. */
    public ElementEnvironment(List<DoubleTensor> operands, IndexSpace.Point point, ReferenceEnvironment environment) {
        this(operands, places(operands, point), point, environment);
    }

    private static int[] places(List<DoubleTensor> operands, IndexSpace.Point point) {
        int[] places = new int[operands.size() + 1];
        for (int i = 0; i < operands.size(); i++) {
            places[i + 1] = operands.get(i).place(point);
        }
        return places;
    }

    /** @param places the element's place in the result, then in each operand */
    private ElementEnvironment(
            List<DoubleTensor> operands, int[] places, IndexSpace.Point point, ReferenceEnvironment environment) {
        this.operands = operands;
        this.places = places;
        this.point = point;
        this.environment = environment;
    }

    /** Sees one point of the space: the element's place in the result, and what the expression may read there. */
    @FunctionalInterface
    public interface Visitor {
        void visit(int place, ElementEnvironment elements);
    }

    /** Visits every point of {@code space}, last dim fastest; result and operands broadcast over dims they lack. */
    public static void forEach(
            List<Dim> space,
            DoubleTensor result,
            List<DoubleTensor> operands,
            ReferenceEnvironment environment,
            Visitor visitor) {
        var types = new ArrayList<TensorType>(List.of(result.type()));
        operands.forEach(operand -> types.add(operand.type()));
        IndexSpace.over(space)
                .forEachPlace(
                        types,
                        (places, point) ->
                                visitor.visit(places[0], new ElementEnvironment(operands, places, point, environment)));
    }

    @Override
    public double arg(int index) {
        return operands.get(index).values()[places[index + 1]];
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
