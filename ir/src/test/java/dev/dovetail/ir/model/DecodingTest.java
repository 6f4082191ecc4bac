package dev.dovetail.ir.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Input;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.GraphInterpreter;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Decoding from a cache gives the logits of the full forward pass, however the tokens are cut into calls. */
class DecodingTest {
    static List<TinyModels> thatContinue() {
        return Arrays.stream(TinyModels.values())
                .filter(tiny -> tiny.definition().continues())
                .toList();
    }

    @ParameterizedTest
    @MethodSource("thatContinue")
    void oneTokenAtATimeEqualsTheFullForwardPass(TinyModels tiny) {
        compare(tiny, List.of(1, 1, 1, 1));
    }

    @ParameterizedTest
    @MethodSource("thatContinue")
    void chunksEqualTheFullForwardPass(TinyModels tiny) {
        compare(tiny, List.of(3, 1));
        compare(tiny, List.of(2, 2));
        compare(tiny, List.of(4));
    }

    private static void compare(TinyModels tiny, List<Integer> chunks) {
        var interpreter = new ModelInterpreter(tiny.training(), 13);
        double[] whole = fullLogits(tiny.training(), interpreter);
        var decoder = new Decoder(tiny, interpreter, new HashMap<>());
        decoder.keepMemory();
        int first = 0;
        for (int tokens : chunks) {
            double[] logits = decoder.logits(first, tokens);
            int row = TinyModels.BATCH * TinyModels.VOCAB;
            double[] expected = Arrays.copyOfRange(whole, first * row, (first + tokens) * row);
            for (int i = 0; i < logits.length; i++) {
                assertEquals(expected[i], logits[i], 1e-10, tiny + " by " + chunks);
            }
            first += tokens;
        }
    }

    private static double[] fullLogits(Model model, ModelInterpreter interpreter) {
        int head = model.order().size() - 1;
        Graph graph = model.layer(head).forward();
        var values = new GraphInterpreter(interpreter.environment())
                .run(graph, interpreter.given(head, graph, interpreter.streams().get(head)));
        return values.entrySet().stream()
                .filter(e -> e.getKey().name().startsWith("logits"))
                .reduce((earlier, later) -> later)
                .orElseThrow()
                .getValue()
                .values();
    }

    /** A model's decode form with the caches of every layer. */
    private record Decoder(TinyModels tiny, ModelInterpreter interpreter, Map<String, DoubleTensor> caches) {

        /** Which layer of the whole model it is: what that reads does not run again, nor what only trains it. */
        private int whole(int layer) {
            Model training = tiny.training();
            String name = tiny.decoding(1).layerName(layer);
            return IntStream.range(0, training.order().size())
                    .filter(i -> training.layerName(i).equals(name))
                    .findFirst()
                    .orElseThrow();
        }

        /** What the layer between gave, and keeps. */
        void keepMemory() {
            int source = whole(0);
            Graph graph = tiny.training().layer(source).forward();
            var values = new GraphInterpreter(interpreter.environment())
                    .run(
                            graph,
                            interpreter.given(
                                    source, graph, interpreter.streams().get(source)));
            tiny.decoding(1).layer(0).forward().inputs().stream()
                    .filter(input -> input.source() == Input.Source.CACHE)
                    .forEach(input -> values.entrySet().stream()
                            .filter(entry ->
                                    entry.getKey().type().equals(input.value().type()))
                            .max(Comparator.comparingInt(entry -> entry.getKey().id()))
                            .ifPresent(entry -> caches.put(0 + input.value().name(), entry.getValue())));
        }

        double[] logits(int first, int tokens) {
            // Bounded at more tokens than are fresh: the call's length is set as a launch would set it.
            Model model = tiny.decoding(TinyModels.SEQUENCE).withExtents(Map.of("sequence", Extent.of(tokens)));
            var environment = new ReferenceEnvironment(Map.of(ExpansionForm.START, (double) first));
            List<DoubleTensor> stream = List.of();
            for (int layer = 0; layer < model.order().size(); layer++) {
                Graph graph = model.layer(layer).forward();
                var values = new GraphInterpreter(environment).run(graph, given(layer, graph, stream, first));
                keepCaches(layer, graph, values);
                stream = graph.outputs().stream().map(values::get).toList();
            }
            return stream.getFirst().values();
        }

        private Map<Value, DoubleTensor> given(int layer, Graph graph, List<DoubleTensor> stream, int first) {
            var given = interpreter.given(whole(layer), graph, stream);
            for (Input input : graph.inputs()) {
                TensorType type = input.value().type();
                switch (input.source()) {
                    case CACHE ->
                        given.put(
                                input.value(),
                                // What was never written must not matter.
                                caches.getOrDefault(layer + input.value().name(), DoubleTensor.filled(type, 99)));
                    case TOKENS -> given.put(input.value(), rows(given.get(input.value()), type, first));
                    case POSITIONS -> given.put(input.value(), Tensors.positions(type, first));
                    case SOURCE_TOKENS,
                            TOKEN_TYPES,
                            SIGNAL,
                            STREAM,
                            FIXED_STREAM,
                            TARGETS,
                            LATENTS,
                            NOISE,
                            TIMES,
                            LABELS,
                            TEXTS,
                            POOLED_TEXTS,
                            GUIDANCE,
                            SAVED,
                            GRADIENT -> {}
                }
            }
            return given;
        }

        private static DoubleTensor rows(DoubleTensor all, TensorType type, int first) {
            int from = first * TinyModels.BATCH;
            return new DoubleTensor(type, Arrays.copyOfRange(all.values(), from, from + (int) type.elements()));
        }

        private void keepCaches(int layer, Graph graph, Map<Value, DoubleTensor> values) {
            graph.nodes().stream()
                    .filter(node -> node.op() instanceof CacheWrite)
                    .forEach(node -> caches.put(
                            layer + node.operands().getFirst().name(),
                            values.get(node.results().getFirst())));
        }
    }
}
