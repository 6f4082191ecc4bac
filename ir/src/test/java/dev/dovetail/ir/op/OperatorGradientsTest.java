package dev.dovetail.ir.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.Tensors;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operator's derivative against slopes of its own float64 reference: the loss is a random weighting of the first result
 * (the others are statistics that only derivatives read).
 */
class OperatorGradientsTest {
    private static final int COORDINATES = 60;
    private static final double STEP = 1e-3;
    private static final double TOLERANCE = 1e-6;
    private static final int ROWS = 6;

    /** An operator with the types of its operands and the launch symbols it reads. */
    record Case(String name, Op op, Map<String, Double> symbols, List<TensorType> operands) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static TensorType floats(Object... namesAndLengths) {
        return type(ElementType.F64, namesAndLengths);
    }

    private static TensorType type(ElementType element, Object... namesAndLengths) {
        var dims = new ArrayList<Dim>();
        for (int i = 0; i < namesAndLengths.length; i += 2) {
            dims.add(Dim.of((String) namesAndLengths[i], (Integer) namesAndLengths[i + 1]));
        }
        return new TensorType(element, dims);
    }

    private static Case of(String name, Op op, TensorType... operands) {
        return new Case(name, op, Map.of(), List.of(operands));
    }

    static Stream<Case> cases() {
        return Stream.of(
                        products(),
                        maps(),
                        reductions(),
                        norms(),
                        attention(),
                        lookups(),
                        queues(),
                        joins(),
                        recurrences())
                .flatMap(s -> s);
    }

    private static Stream<Case> products() {
        return Stream.of(
                of("matmul", new MatMul(List.of("m", "n")), floats("m", 5, "k", 4), floats("k", 4, "n", 3)),
                of(
                        "batched matmul with two summed dims",
                        new MatMul(List.of("b", "m", "n")),
                        floats("m", 3, "b", 2, "k", 4, "j", 2),
                        floats("j", 2, "n", 5, "k", 4, "b", 2)));
    }

    private static Stream<Case> maps() {
        TensorType x = floats("r", 4, "c", 7);
        ScalarExpr a = Scalars.arg(0);
        ScalarExpr b = Scalars.arg(1);
        ScalarExpr positive = Scalars.add(Scalars.multiply(b, b), Scalars.constant(1));
        ScalarExpr all = Scalars.add(
                Scalars.add(Scalars.divide(Scalars.tanh(a), Scalars.sqrt(positive)), Scalars.erf(a)),
                Scalars.multiply(Scalars.log(positive), Scalars.exp(Scalars.subtract(a, b))));
        return Stream.of(
                of("gelu", new MapOp(Activations.gelu(), x), x),
                of("silu", new MapOp(Activations.silu(), x), x),
                of("relu", new MapOp(Activations.relu(), x), x),
                of("a broadcast row and column", new MapOp(all, x), floats("c", 7), floats("r", 4)),
                of("an activated sum", activatedSum(x), x, floats("c", 7), x, floats("c", 7), floats("c", 7)),
                of("every function", new MapOp(all, x), x, x));
    }

    /** silu(a · w + b · v + bias), as a convolution of two taps. */
    private static MapOp activatedSum(TensorType x) {
        ScalarExpr sum = Scalars.add(
                Scalars.add(
                        Scalars.multiply(Scalars.arg(0), Scalars.arg(1)),
                        Scalars.multiply(Scalars.arg(2), Scalars.arg(3))),
                Scalars.arg(4));
        return new MapOp(Activations.silu().replaceArgs(arg -> sum), x);
    }

    private static Stream<Case> reductions() {
        TensorType x = floats("r", 4, "c", 7);
        ScalarExpr product = Scalars.multiply(Scalars.arg(0), Scalars.exp(Scalars.arg(1)));
        return Stream.of(
                of("row sum", new MapReduce(product, x, List.of("c"), Splitting.SUM), x, floats("r", 4)),
                of("column sum", new MapReduce(product, x, List.of("r"), Splitting.SUM), x, floats("c", 7)),
                of("row maximum", new MapReduce(product, x, List.of("c"), Splitting.MAX), x, x));
    }

    private static Stream<Case> norms() {
        TensorType x = floats("s", 3, "b", 2, "w", 8);
        TensorType w = floats("w", 8);
        return Stream.of(
                of("rms norm", new Normalize(NormKind.RMS, "w", 1e-5), x, w),
                of("layer norm", new Normalize(NormKind.LAYER, "w", 1e-5), x, w, w));
    }

    private static Stream<Case> attention() {
        TensorType q = floats("sequence", 6, "batch", 2, "heads", 4, "head_dim", 4);
        TensorType k = floats("sequence", 6, "batch", 2, "kv_heads", 2, "head_dim", 4);
        var causal = AttentionPattern.causal(0.5);
        var window = new AttentionPattern(
                "sequence", "sequence", true, 3, 0.5, 0, 8, Optional.of("head_start"), Optional.empty(), false);
        TensorType wide = floats("sequence", 6, "batch", 2, "heads", 4, "head_dim", 6);
        TensorType narrow = floats("sequence", 6, "batch", 2, "heads", 4, "head_dim", 3);
        var rotary = new RotaryEmbedding(100, 4, Optional.empty(), 1.25);
        return Stream.of(
                of("causal attention with shared heads", new Attend(causal), q, k, k),
                new Case(
                        "windowed attention with slopes",
                        new Attend(window),
                        Map.of("head_start", 2.0),
                        List.of(q, k, k)),
                of("attention with capped scores", new Attend(causal.withCap(0.7)), q, k, k),
                of("attention with sinks", new Attend(causal), q, k, k, floats("heads", 4)),
                of("attention with values narrower than keys", new Attend(causal), wide, wide, narrow),
                of("rotation", new Rotate(rotary, false), q, type(ElementType.I32, "sequence", 6, "batch", 2)));
    }

    private static Stream<Case> queues() {
        // Two sequences of five tokens, three experts of which one is held elsewhere; places that repeat in no queue.
        TensorType x = floats("sequence", 5, "batch", 2, "width", 4);
        TensorType gates = floats("sequence", 5, "batch", 2, "routes", 3);
        TensorType places = gates.withElement(ElementType.I32);
        TensorType y = floats("experts", 2, "batch", 2, "capacity", 3, "width", 4);
        var dispatch = new Dispatch(Dim.of("experts", 2), Dim.of("capacity", 3), Optional.of("first"));
        var symbols = Map.of("first", 1.0);
        return Stream.of(
                new Case("dispatch", dispatch, symbols, List.of(x, places)),
                new Case("dispatch to a stretch", dispatch.stretch(1, 2), symbols, List.of(x, places)),
                new Case("combine", new Combine("experts", Optional.of("first")), symbols, List.of(y, places, gates)));
    }

    private static Stream<Case> joins() {
        TensorType shared = floats("s", 3, "b", 2, "d", 2);
        TensorType own = floats("s", 3, "b", 2, "h", 2, "d", 3);
        return Stream.of(of("join with a repeated operand", new Join("d"), shared, own));
    }

    private static Stream<Case> recurrences() {
        TensorType x = floats("c", 5, "b", 2, "h", 3);
        return Stream.of(
                of("shift to later", Shift.of("c", 2), x),
                of("shift to earlier", Shift.of("b", -1), x),
                of("scan with a decay of each element", Scan.of("c"), x, x),
                of("scan with a shared decay", Scan.of("b"), floats("c", 5, "b", 2), x),
                of("scan from the end", new Scan("c", true, Optional.empty()), floats("c", 5, "h", 3), x),
                of("regroup", new Regroup(x.select(List.of("b", "h")), List.of(Dim.of("k", 6))), x));
    }

    private static Stream<Case> lookups() {
        TensorType ids = type(ElementType.I32, "s", 5, "b", 2);
        TensorType table = floats("v", ROWS, "w", 3);
        return Stream.of(
                of("gather", new Gather("v", Optional.empty()), ids, table),
                new Case(
                        "gather of a shard",
                        new Gather("v", Optional.of("first")),
                        Map.of("first", 2.0),
                        List.of(ids, table)));
    }

    @Test
    void everyDifferentiableOperatorIsHere() {
        Function<Case, Class<?>> kind = c -> c.op().getClass();
        var checked = cases().map(kind).collect(Collectors.toSet());
        // Gradients themselves, writes to caches and exchanges are not differentiated.
        checked.addAll(List.of(
                NormalizeGrad.class, AttendGrad.class, ScatterAdd.class, CacheWrite.class, Communication.class));
        // A choice has no slope, and a part is taken only in decoding and in derivatives.
        checked.addAll(List.of(Route.class, GateGrad.class, Part.class));
        assertEquals(new HashSet<>(Arrays.asList(Op.class.getPermittedSubclasses())), checked);
    }

    /** Gradients of five operands share the slope of the activation: it is computed once. */
    @Test
    void slopeThatOperandsShareIsComputedOnce() {
        TensorType x = floats("r", 4, "c", 7);
        TensorType row = floats("c", 7);
        var emitted = emitted(activatedSum(x), List.of(x, row, x, row, row));
        assertEquals(6, emitted.size());
        assertEquals(
                1, emitted.stream().filter(op -> expr(op).transcendentals() > 0).count(), emitted::toString);
    }

    /** Where only sums read it, a tensor as large as the space costs more than its exponentials. */
    @Test
    void slopeOfSmallOperandsIsNotStored() {
        TensorType space = floats("r", 4, "c", 7);
        var fade = new MapOp(Scalars.exp(Scalars.multiply(Scalars.arg(0), Scalars.arg(1))), space);
        var emitted = emitted(fade, List.of(floats("r", 4), floats("c", 7)));
        assertEquals(2, emitted.size(), emitted::toString);
        assertTrue(emitted.stream().allMatch(op -> op instanceof MapReduce), emitted::toString);
    }

    private static ScalarExpr expr(Op op) {
        return op instanceof MapOp map ? map.expr() : ((MapReduce) op).expr();
    }

    /** What the derivative of a map is made of. */
    private static List<Op> emitted(MapOp map, List<TensorType> operands) {
        var zeros = operands.stream().map(DoubleTensor::zeros).toList();
        DoubleTensor result = DoubleTensor.zeros(map.type());
        var backward = new EagerBackward(zeros, List.of(result), List.of(result), ReferenceEnvironment.empty());
        map.backward(backward);
        return backward.emitted();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void derivativesAreSlopes(Case check) {
        var random = new SplittableRandom(check.name().hashCode());
        var environment = new ReferenceEnvironment(check.symbols());
        var operands = check.operands().stream()
                .map(type -> type.element().isFloating()
                        ? Tensors.normal(type, 0, 1, random)
                        : type.has("routes") ? places(type) : Tensors.integers(type, ROWS, random))
                .toList();
        var results = check.op().reference(operands, environment);
        DoubleTensor weights = Tensors.normal(results.getFirst().type(), 0, 1, random);
        var backward = new EagerBackward(operands, results, List.of(weights), environment);
        List<Optional<Value>> gradients = check.op().backward(backward);
        assertEquals(operands.size(), gradients.size());
        for (int i = 0; i < operands.size(); i++) {
            assertEquals(
                    operands.get(i).type().element().isFloating(),
                    gradients.get(i).isPresent(),
                    "operand " + i);
            if (gradients.get(i).isPresent()) {
                DoubleTensor gradient = backward.tensor(gradients.get(i).get());
                assertEquals(operands.get(i).type(), gradient.type());
                compare(check, operands, i, gradient, weights, environment, random);
            }
        }
    }

    /** As a router gives them to tokens of which the first prefer the first expert. */
    private static DoubleTensor places(TensorType type) {
        DoubleTensor scores = DoubleTensor.zeros(type.withElement(ElementType.F64));
        for (int i = 0; i < scores.values().length; i++) {
            scores.values()[i] = (i * 7) % 5;
        }
        return new Route("routes", 2, 3, 1, 1, 1, 0)
                .reference(List.of(scores), new ReferenceEnvironment(Map.of()))
                .getFirst();
    }

    private static void compare(
            Case check,
            List<DoubleTensor> operands,
            int operand,
            DoubleTensor gradient,
            DoubleTensor weights,
            ReferenceEnvironment environment,
            SplittableRandom random) {
        double[] values = operands.get(operand).values();
        double typical = Math.sqrt(
                Arrays.stream(gradient.values()).map(g -> g * g).average().orElseThrow());
        IntStream coordinates = values.length <= COORDINATES
                ? IntStream.range(0, values.length)
                : IntStream.generate(() -> random.nextInt(values.length)).limit(COORDINATES);
        coordinates.forEach(at -> {
            double slope = slope(values, at, () -> loss(check, operands, weights, environment));
            double error = Math.abs(slope - gradient.values()[at]);
            assertTrue(
                    error <= TOLERANCE * Math.max(Math.abs(slope), typical),
                    () -> "operand " + operand + "[" + at + "]: slope " + slope + ", gradient "
                            + gradient.values()[at]);
        });
    }

    private static double loss(
            Case check, List<DoubleTensor> operands, DoubleTensor weights, ReferenceEnvironment environment) {
        double[] result = check.op().reference(operands, environment).getFirst().values();
        return IntStream.range(0, result.length)
                .mapToDouble(i -> result[i] * weights.values()[i])
                .sum();
    }

    /** Sixth-order central difference: its error is h^6, so rounding is all that is left. */
    private static double slope(double[] values, int at, java.util.function.DoubleSupplier loss) {
        double original = values[at];
        double[] factors = {45, -9, 1};
        double sum = 0;
        for (int i = 1; i <= factors.length; i++) {
            values[at] = original + i * STEP;
            double ahead = loss.getAsDouble();
            values[at] = original - i * STEP;
            sum += factors[i - 1] * (ahead - loss.getAsDouble());
        }
        values[at] = original;
        return sum / (60 * STEP);
    }
}
