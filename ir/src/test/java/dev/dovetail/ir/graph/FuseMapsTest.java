package dev.dovetail.ir.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.model.ModelInterpreter;
import dev.dovetail.ir.model.Tensors;
import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FuseMapsTest {
    private static final TensorType ROW = TensorType.of(ElementType.F64, Dim.of("width", 4));
    private static final TensorType SQUARE = TensorType.of(ElementType.F64, Dim.of("height", 4), Dim.of("width", 4));

    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void fusedGraphsComputeTheSameGradients(TinyModels tiny) {
        var interpreter = new ModelInterpreter(tiny.training(), 5);
        var plain = interpreter.gradients(SavePolicy.of(Recompute.NONE), UnaryOperator.identity());
        var fused = interpreter.gradients(SavePolicy.of(Recompute.NONE), FuseMaps::apply);
        plain.forEach(
                (name, gradient) -> assertEquals(0, Tensors.largestDifference(gradient, fused.get(name)), 1e-15, name));
    }

    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void everyModelLosesOperators(TinyModels tiny) {
        var interpreter = new ModelInterpreter(tiny.training(), 5);
        int before = 0;
        int after = 0;
        for (int layer = 0; layer < tiny.training().order().size(); layer++) {
            var graphs = interpreter.differentiated(layer, SavePolicy.of(Recompute.FULL));
            for (Graph graph : List.of(graphs.forward(), graphs.backward())) {
                before += nodes(graph);
                after += nodes(FuseMaps.apply(graph));
            }
        }
        assertTrue(after < before, before + " operators became " + after);
    }

    private static int nodes(Graph graph) {
        return graph.nodes().size();
    }

    @Test
    void inlinesAMapIntoItsOnlyReader() {
        var builder = new GraphBuilder("chain");
        Value x = builder.input(Input.Source.STREAM, "x", SQUARE);
        Value y = builder.one("y", new MapOp(Scalars.exp(Scalars.arg(0)), SQUARE), x);
        Value z = builder.one("z", new MapOp(Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), SQUARE), x, y);
        Graph fused = FuseMaps.apply(builder.build(List.of(z)));
        assertEquals(1, nodes(fused));
        assertEquals(List.of(x), fused.nodes().getFirst().operands());
    }

    @Test
    void leavesAMapThatIsReadTwice() {
        var builder = new GraphBuilder("fan");
        Value x = builder.input(Input.Source.STREAM, "x", SQUARE);
        Value y = builder.one("y", new MapOp(Scalars.exp(Scalars.arg(0)), SQUARE), x);
        Value z = builder.one("z", new MapOp(Scalars.tanh(Scalars.arg(0)), SQUARE), y);
        Value w = builder.one("w", new MatMul(List.of("height", "width")), z, y);
        assertEquals(3, nodes(FuseMaps.apply(builder.build(List.of(w)))));
    }

    @Test
    void leavesAMapThatWouldBeComputedAgainForEveryRow() {
        var builder = new GraphBuilder("broadcast");
        Value x = builder.input(Input.Source.STREAM, "x", SQUARE);
        Value row = builder.input(Input.Source.STREAM, "row", ROW);
        Value y = builder.one("y", new MapOp(Scalars.exp(Scalars.arg(0)), ROW), row);
        Value z = builder.one("z", new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), SQUARE), x, y);
        assertEquals(2, nodes(FuseMaps.apply(builder.build(List.of(z)))));
    }

    @Test
    void leavesAnOutput() {
        var builder = new GraphBuilder("saved");
        Value x = builder.input(Input.Source.STREAM, "x", SQUARE);
        Value y = builder.one("y", new MapOp(Scalars.exp(Scalars.arg(0)), SQUARE), x);
        Value z = builder.one("z", new MapOp(Scalars.tanh(Scalars.arg(0)), SQUARE), y);
        assertEquals(2, nodes(FuseMaps.apply(builder.build(List.of(z, y)))));
    }
}
