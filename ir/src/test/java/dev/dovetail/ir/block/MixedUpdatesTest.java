package dev.dovetail.ir.block;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.ir.block.Adaptation.LowRank;
import dev.dovetail.ir.block.Adaptation.Mixture;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.GraphBuilder;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.GraphInterpreter;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The mixture of updates against its formula, written out with plain loops. */
class MixedUpdatesTest {
    private static final int IN = 5;
    private static final int OUT = 3;
    private static final int ADAPTERS = 3;
    private static final int RANK = 2;
    private static final double SCALE = 1.5;
    private static final double TEMPERATURE = 0.7;
    private static final double EPSILON = TinyModels.LLAMA.definition().epsilon();

    private final Map<String, double[]> parameters = new HashMap<>();
    private final double[] x = new double[IN];

    /** One token's projection, with every parameter but those that {@code changed} holds at random. */
    private double[] projected(Map<String, double[]> changed) {
        var adapters = List.of(adapter(), adapter(), adapter());
        var adaptation =
                new Adaptation(List.of("*"), Optional.empty(), Optional.of(new Mixture(adapters, TEMPERATURE)));
        ModelDefinition model = TinyModels.LLAMA.definition().with("mixed", adaptation, Origin.NONE);
        var builder = new GraphBuilder("one");
        var context = new BlockContext(
                builder, model, ExpansionForm.Training.of(1, 1), ElementType.F64, "mlp", false, Map.of());
        Dim in = Dim.of(Names.WIDTH, IN);
        var type = TensorType.of(ElementType.F64, Dim.of(Names.SEQUENCE, 1), Dim.of(Names.BATCH, 1), in);
        Value stream = builder.input(Input.Source.STREAM, "x", type);
        Value y = context.project(
                "in", stream, List.of(in), List.of(Dim.of(Names.INNER, OUT)), false, Initializer.normal(1));
        Graph graph = builder.build(List.of(y));
        var random = new SplittableRandom(3);
        var given = new HashMap<Value, DoubleTensor>();
        for (Parameter parameter : graph.parameters()) {
            double[] values =
                    random.doubles(parameter.value().type().elements(), -1, 1).toArray();
            values = changed.getOrDefault(parameter.name(), values);
            parameters.put(parameter.name(), values);
            given.put(parameter.value(), new DoubleTensor(parameter.value().type(), values));
            assertEquals(parameter.name().contains(".mix."), parameter.trained(), parameter.name());
        }
        for (int i = 0; i < IN; i++) {
            x[i] = Math.cos(i + 1);
        }
        given.put(stream, new DoubleTensor(type, x));
        return new GraphInterpreter(new ReferenceEnvironment(Map.of()))
                .outputs(graph, given)
                .getFirst()
                .values();
    }

    private static LowRank adapter() {
        return new LowRank(RANK, SCALE * RANK, List.of("mlp.in"));
    }

    @Test
    void isWhatTheFormulaSays() {
        double[] y = projected(Map.of());
        double[] gates = gates();
        double sum = 0;
        for (double gate : gates) {
            sum += gate;
        }
        assertEquals(1, sum, 1e-12);
        assertTrue(Math.abs(gates[0] - gates[1]) > 1e-3, "the gates tell updates apart");
        compare(gates, y);
    }

    /** Gates start at zero: all updates count alike. */
    @Test
    void startsAsTheMean() {
        var zeros = new HashMap<String, double[]>();
        for (int i = 0; i < ADAPTERS; i++) {
            zeros.put("mlp.in.mix." + i, new double[OUT * ADAPTERS]);
        }
        double[] y = projected(zeros);
        compare(new double[] {1.0 / 3, 1.0 / 3, 1.0 / 3}, y);
    }

    private void compare(double[] gates, double[] y) {
        for (int o = 0; o < OUT; o++) {
            double expected = 0;
            for (int i = 0; i < IN; i++) {
                expected += x[i] * parameters.get("mlp.in")[i * OUT + o];
            }
            for (int adapter = 0; adapter < ADAPTERS; adapter++) {
                expected += gates[adapter] * update(adapter)[o];
            }
            assertEquals(expected, y[o], 1e-12);
        }
    }

    private double[] update(int adapter) {
        double[] a = parameters.get("mlp.in.lora_a." + adapter);
        double[] b = parameters.get("mlp.in.lora_b." + adapter);
        double[] update = new double[OUT];
        for (int r = 0; r < RANK; r++) {
            double narrow = 0;
            for (int i = 0; i < IN; i++) {
                narrow += x[i] * a[i * RANK + r];
            }
            for (int o = 0; o < OUT; o++) {
                update[o] += SCALE * narrow * b[r * OUT + o];
            }
        }
        return update;
    }

    /** softmax(normalised(E_0 … E_2) · e / temperature), the updates side by side over their root mean square. */
    private double[] gates() {
        double square = 0;
        double[] gates = new double[ADAPTERS];
        for (int adapter = 0; adapter < ADAPTERS; adapter++) {
            for (int o = 0; o < OUT; o++) {
                double element = update(adapter)[o];
                square += element * element;
                for (int gate = 0; gate < ADAPTERS; gate++) {
                    gates[gate] += element * parameters.get("mlp.in.mix." + adapter)[o * ADAPTERS + gate];
                }
            }
        }
        double size = Math.sqrt(square / (ADAPTERS * OUT) + EPSILON);
        double total = 0;
        for (int gate = 0; gate < ADAPTERS; gate++) {
            gates[gate] = Math.exp(gates[gate] / size / TEMPERATURE);
            total += gates[gate];
        }
        for (int gate = 0; gate < ADAPTERS; gate++) {
            gates[gate] /= total;
        }
        return gates;
    }
}
