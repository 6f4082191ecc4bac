package dev.dovetail.ir.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.model.ModelInterpreter;
import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DifferentiateTest {
    private static final int COORDINATES = 50;

    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void gradientsAreTheSlopesOfTheLoss(TinyModels tiny) {
        Model model = tiny.training();
        // A choice of experts is a step: with this seed no token stands near one.
        var interpreter = new ModelInterpreter(model, tiny.name().endsWith("_MOE") ? 8 : 7);
        var gradients = interpreter.gradients(SavePolicy.of(Recompute.NONE), UnaryOperator.identity());
        var trained = new HashMap<>(model.parameters());
        trained.values().removeIf(parameter -> !parameter.trained());
        assertEquals(trained.keySet(), gradients.keySet());
        var before = interpreter.forward();
        var random = new SplittableRandom(11);
        // The second block runs the graph of the first.
        for (int layer : ModelInterpreter.firstOfEachKind(model)) {
            for (Parameter parameter : model.layer(layer).forward().parameters()) {
                // A bias for the choice alone is given the load of its expert, which is no slope.
                boolean sloped = !parameter.name().endsWith("choice_bias");
                if (parameter.tiedTo().isEmpty() && parameter.trained() && sloped) {
                    String name = interpreter.fullName(layer, parameter);
                    checkSlopes(interpreter, before, name, gradients.get(name), random);
                }
            }
        }
    }

    /** Checks every coordinate of a small tensor and fifty random ones of a large. */
    private static void checkSlopes(
            ModelInterpreter interpreter,
            List<Map<Value, DoubleTensor>> before,
            String name,
            DoubleTensor gradient,
            SplittableRandom random) {
        double[] weights = interpreter.parameters().get(name).values();
        // A key bias moves all scores of a row alike, so its gradient is zero and its slope pure rounding.
        double floor = Math.max(1e-2 * rootMeanSquare(gradient.values()), 2e-5);
        IntStream coordinates = weights.length <= COORDINATES
                ? IntStream.range(0, weights.length)
                : IntStream.generate(() -> random.nextInt(weights.length)).limit(COORDINATES);
        coordinates.forEach(at -> {
            double slope = slope(interpreter, before, name, at);
            double error = Math.abs(slope - gradient.values()[at]);
            assertTrue(
                    error <= 1e-6 * Math.max(Math.abs(slope), floor),
                    () -> name + "[" + at + "]: slope " + slope + ", gradient " + gradient.values()[at]);
        });
    }

    /** Fourth-order central difference: its error is h^4, so a step of 3e-4 loses nothing to rounding. */
    private static double slope(
            ModelInterpreter interpreter, List<Map<Value, DoubleTensor>> before, String name, int at) {
        double[] weights = interpreter.parameters().get(name).values();
        double h = 3e-4;
        double original = weights[at];
        double[] loss = new double[5];
        for (int i = -2; i <= 2; i++) {
            if (i != 0) {
                weights[at] = original + i * h;
                loss[i + 2] = interpreter.lossAgain(before, name);
            }
        }
        weights[at] = original;
        return (loss[0] - 8 * loss[1] + 8 * loss[3] - loss[4]) / (12 * h);
    }

    private static double rootMeanSquare(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return Math.sqrt(sum / values.length);
    }

    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void recomputationChangesNoBit(TinyModels tiny) {
        var interpreter = new ModelInterpreter(tiny.training(), 3);
        var kept = interpreter.gradients(SavePolicy.of(Recompute.NONE), UnaryOperator.identity());
        for (Recompute mode : Recompute.values()) {
            var gradients = interpreter.gradients(SavePolicy.of(mode), UnaryOperator.identity());
            kept.forEach((name, gradient) ->
                    assertArrayEquals(gradient.values(), gradients.get(name).values(), () -> name + " under " + mode));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = TinyModels.class,
            mode = EnumSource.Mode.MATCH_NONE,
            names = "DELTA|LRU|MAMBA2|T5|LLAVA|MM_DIT|FLUX|LATENT_MOE")
    void selectiveRecomputationRepeatsTheAttentionCoreAlone(TinyModels tiny) {
        Graph forward = tiny.training().layer(1).forward();
        double none = backwardFlops(forward, Recompute.NONE);
        double core = forward.nodes().stream()
                .filter(node -> node.op() instanceof Attend)
                .mapToDouble(Node::flops)
                .sum();
        Node attend = forward.nodes().stream()
                .filter(node -> node.op() instanceof Attend)
                .findFirst()
                .orElseThrow();
        var q = attend.operandTypes().getFirst();
        var o = attend.results().getFirst().type();
        // 2 b s^2 h for the scores and as much for the values, where h is the width of all query heads together.
        assertEquals(2.0 * (q.elements() + o.elements()) * q.dim("sequence").bound(), core);
        assertEquals(core, backwardFlops(forward, Recompute.SELECTIVE) - none);
    }

    /** Where queries and keys come from latents, those are projected up again, and attention's results are kept. */
    @Test
    void selectiveRecomputationProjectsLatentsUpAgain() {
        Graph forward = TinyModels.LATENT_MOE.training().layer(1).forward();
        double projections = forward.nodes().stream()
                .filter(node -> node.op() instanceof MatMul product
                        && product
                                .contracted(
                                        node.operandTypes().get(0),
                                        node.operandTypes().get(1))
                                .stream()
                                .anyMatch(dim -> dim.endsWith("_latent")))
                .mapToDouble(Node::flops)
                .sum();
        double again = backwardFlops(forward, Recompute.SELECTIVE) - backwardFlops(forward, Recompute.NONE);
        assertTrue(
                again >= projections && again < 1.2 * projections, again + ", rotations included, for " + projections);
        var graphs = Differentiate.layer(forward, SavePolicy.of(Recompute.SELECTIVE));
        assertTrue(forward.nodes().stream()
                .filter(node -> isCore(node.op()))
                .allMatch(node -> graphs.saved().containsAll(node.results())));
    }

    /** Of a Llama layer's products, query and value and one of the gated pair are kept; the one that gives the layer's output is not read. */
    @Test
    void everySecondProductIsMadeAgain() {
        Graph forward = TinyModels.LLAMA.training().layer(1).forward();
        var graphs = Differentiate.layer(forward, SavePolicy.of(Recompute.ALTERNATE));
        List<Node> products = forward.nodes().stream()
                .filter(node -> node.op() instanceof MatMul)
                .toList();
        var again = new HashSet<>(graphs.backward().nodes());
        assertEquals(
                List.of(products.get(1), products.get(3), products.get(5)),
                products.stream().filter(again::contains).toList());
        assertEquals(7, products.size());
        assertTrue(forward.nodes().stream().filter(node -> isCore(node.op())).noneMatch(again::contains));
    }

    /** One forward pass, less the last operators, whose results no derivative reads. */
    @ParameterizedTest
    @EnumSource(TinyModels.class)
    void fullRecomputationRepeatsOneForwardPassButForWhatNoDerivativeReads(TinyModels tiny) {
        Graph forward = tiny.training().layer(1).forward();
        var graphs = Differentiate.layer(forward, SavePolicy.of(Recompute.FULL));
        var again = new HashSet<>(graphs.backward().nodes());
        again.retainAll(new HashSet<>(forward.nodes()));
        double repeated = again.stream().mapToDouble(Node::flops).sum();
        assertEquals(repeated, graphs.backward().flops() - backwardFlops(forward, Recompute.NONE));
        var read = new HashSet<Value>();
        graphs.backward().nodes().forEach(node -> read.addAll(node.operands()));
        for (Node node : forward.nodes()) {
            assertEquals(node.results().stream().anyMatch(read::contains), again.contains(node), node::toString);
        }
        assertTrue(graphs.saved().isEmpty());
    }

    private static double backwardFlops(Graph forward, Recompute mode) {
        return Differentiate.layer(forward, SavePolicy.of(mode)).backward().flops();
    }

    /** Minus one times nothing is nothing: no operator is emitted for it. */
    @Test
    void anOperandThatIsNotReadHasNoSlope() {
        ScalarExpr minus = Scalars.unary(ScalarExpr.UnaryKind.NEGATE, Scalars.arg(0));
        assertEquals(Scalars.constant(0), Derivative.of(minus, 1));
        assertEquals(Scalars.constant(0), Derivative.of(Scalars.multiply(Scalars.constant(-2), Scalars.arg(0)), 1));
    }

    @ParameterizedTest
    @EnumSource(
            value = TinyModels.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"LLAVA", "LATENT_MOE"})
    void selectiveSavesAllButTheAttentionCoresResults(TinyModels tiny) {
        Graph forward = tiny.training().layer(1).forward();
        var kept = new HashSet<>(
                Differentiate.layer(forward, SavePolicy.of(Recompute.NONE)).saved());
        var selective = new HashSet<>(
                Differentiate.layer(forward, SavePolicy.of(Recompute.SELECTIVE)).saved());
        kept.removeAll(selective);
        var coreResults = new HashSet<Value>();
        forward.nodes().stream().filter(n -> isCore(n.op())).forEach(n -> coreResults.addAll(n.results()));
        assertEquals(coreResults, kept);
    }

    private static boolean isCore(Op op) {
        return op.isAttentionCore();
    }
}
