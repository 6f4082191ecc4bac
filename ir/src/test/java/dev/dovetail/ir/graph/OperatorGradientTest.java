package dev.dovetail.ir.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.model.Tensors;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.GraphInterpreter;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operator's derivative against finite differences, at sizes that divide nothing. */
class OperatorGradientTest {
    private static final ReferenceEnvironment ENVIRONMENT = new ReferenceEnvironment(Map.of("seed", 1.0));

    private static TensorType f64(Object... dims) {
        return type(ElementType.F64, dims);
    }

    private static TensorType type(ElementType element, Object... dims) {
        var list = new ArrayList<Dim>();
        for (int i = 0; i < dims.length; i += 2) {
            list.add(Dim.of((String) dims[i], (Integer) dims[i + 1]));
        }
        return new TensorType(element, list);
    }

    private static Arguments of(String name, Op op, TensorType... operands) {
        return Arguments.of(Named.of(name, op), List.of(operands));
    }

    static Stream<Arguments> operators() {
        TensorType x = f64("sequence", 5, "batch", 3, "width", 7);
        TensorType row = f64("width", 7);
        TensorType q = f64("sequence", 5, "batch", 2, "heads", 6, "head_dim", 3);
        TensorType k = f64("sequence", 5, "batch", 2, "kv_heads", 2, "head_dim", 3);
        TensorType indices = type(ElementType.I32, "sequence", 5, "batch", 3);
        AttentionPattern causal = AttentionPattern.causal(0.7);
        var alibi = new AttentionPattern("sequence", "sequence", false, 3, 0.7, 6, Optional.empty(), Optional.empty());
        var stretched = new RotaryEmbedding(50, 4, Optional.of(new RotaryEmbedding.Stretch(4, 1, 4, 16)));
        ScalarExpr a = Scalars.arg(0);
        ScalarExpr b = Scalars.arg(1);
        return Stream.of(
                of("matmul", new MatMul(List.of("sequence", "batch", "inner")), x, f64("width", 7, "inner", 11)),
                of(
                        "matmul of shared dims",
                        new MatMul(List.of("batch", "width", "inner")),
                        x,
                        f64("sequence", 5, "batch", 3, "inner", 2)),
                of("matmul over two dims", new MatMul(List.of("sequence")), x, f64("batch", 3, "width", 7)),
                of("broadcast product", new MapOp(Scalars.multiply(a, Scalars.exp(b)), x), x, row),
                of("gelu", new MapOp(Activations.gelu(), x), x),
                of("silu", new MapOp(Activations.silu(), x), x),
                of("relu", new MapOp(Activations.relu(), x), x),
                of(
                        "quotient",
                        new MapOp(Scalars.divide(a, Scalars.add(Scalars.constant(3), Scalars.multiply(b, b))), x),
                        x,
                        row),
                of("logarithm", new MapOp(Scalars.log(Scalars.add(Scalars.constant(2), Scalars.multiply(a, a))), x), x),
                of(
                        "square root",
                        new MapOp(Scalars.sqrt(Scalars.add(Scalars.constant(1), Scalars.multiply(a, a))), x),
                        x),
                of("minimum", new MapOp(Scalars.binary(ScalarExpr.BinaryKind.MIN, a, b), x), x, row),
                of("negation of a tanh", new MapOp(Scalars.unary(ScalarExpr.UnaryKind.NEGATE, Scalars.tanh(a)), x), x),
                of("sum", new MapReduce(Scalars.multiply(a, b), x, List.of("batch", "width"), Splitting.SUM), x, row),
                of("maximum", new MapReduce(Scalars.multiply(a, b), x, List.of("width"), Splitting.MAX), x, row),
                of("rms norm", new Normalize(NormKind.RMS, "width", 1e-3), x, row),
                of("layer norm", new Normalize(NormKind.LAYER, "width", 1e-3), x, row, row),
                of("causal attention", new Attend(causal), q, k, k),
                of("windowed attention with alibi", new Attend(alibi), q, k, k),
                of(
                        "rotation",
                        new Rotate(stretched, false),
                        f64("sequence", 5, "batch", 3, "heads", 2, "head_dim", 5),
                        indices),
                of("gather", new Gather("vocab", Optional.empty()), indices, f64("vocab", 9, "width", 7)));
    }

    @ParameterizedTest
    @MethodSource("operators")
    void derivativesAreSlopes(Op op, List<TensorType> operands) {
        var random = new SplittableRandom(5);
        var builder = new GraphBuilder("one");
        var given = new HashMap<Value, DoubleTensor>();
        var values = new ArrayList<Value>();
        for (TensorType type : operands) {
            values.add(declare(builder, type, given, random));
        }
        Value y = builder.apply("y", op, values).getFirst();
        // Weighing the elements tells a transposed gradient from a right one.
        Value weights = builder.input(Input.Source.STREAM, "weights", y.type());
        given.put(weights, Tensors.normal(y.type(), 0, 1, random));
        Value loss =
                builder.one("loss", new MapOp(Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), y.type()), y, weights);
        Graph forward = builder.build(List.of(loss));
        var graphs = Differentiate.loss(forward, SavePolicy.of(Recompute.NONE), "seed");
        var known = new HashMap<>(new GraphInterpreter(ENVIRONMENT).run(forward, given));
        var gradients = new GraphInterpreter(ENVIRONMENT).run(graphs.backward(), known);
        for (Parameter parameter : forward.parameters()) {
            DoubleTensor gradient = gradients.get(graphs.parameterGradients().get(parameter.name()));
            assertEquals(parameter.value().type(), gradient.type());
            checkSlopes(forward, given, parameter, gradient.values());
        }
    }

    /** Minus one times nothing is nothing: no operator is emitted for it. */
    @Test
    void anOperandThatIsNotReadHasNoSlope() {
        ScalarExpr minus = Scalars.unary(ScalarExpr.UnaryKind.NEGATE, Scalars.arg(0));
        assertEquals(Scalars.constant(0), Derivative.of(minus, 1));
        assertEquals(Scalars.constant(0), Derivative.of(Scalars.multiply(Scalars.constant(-2), Scalars.arg(0)), 1));
    }

    private static Value declare(
            GraphBuilder builder, TensorType type, Map<Value, DoubleTensor> given, SplittableRandom random) {
        String name = "operand" + given.size();
        boolean floating = type.element().isFloating();
        Value value = floating
                ? builder.parameter(name, type, Initializer.ZEROS)
                : builder.input(Input.Source.TOKENS, name, type);
        given.put(value, floating ? Tensors.normal(type, 0.1, 1, random) : Tensors.integers(type, 9, random));
        return value;
    }

    private static void checkSlopes(
            Graph forward, Map<Value, DoubleTensor> given, Parameter parameter, double[] gradient) {
        double[] x = given.get(parameter.value()).values();
        for (int at = 0; at < x.length; at++) {
            double h = 1e-4;
            double original = x[at];
            double[] loss = new double[5];
            for (int i = -2; i <= 2; i++) {
                x[at] = original + i * h;
                loss[i + 2] = total(forward, given);
            }
            x[at] = original;
            double slope = (loss[0] - 8 * loss[1] + 8 * loss[3] - loss[4]) / (12 * h);
            int place = at;
            assertTrue(
                    Math.abs(slope - gradient[at]) <= 1e-6 * Math.max(1e-2, Math.abs(slope)),
                    () -> parameter.name() + "[" + place + "]: slope " + slope + ", gradient " + gradient[place]);
        }
    }

    private static double total(Graph forward, Map<Value, DoubleTensor> given) {
        double sum = 0;
        for (double value : new GraphInterpreter(ENVIRONMENT)
                .outputs(forward, given)
                .getFirst()
                .values()) {
            sum += value;
        }
        return sum;
    }
}
