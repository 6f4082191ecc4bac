package dev.dovetail.ir.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.FuseMaps;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.model.ModelInterpreter;
import dev.dovetail.ir.model.Tensors;
import dev.dovetail.ir.model.TinyModels;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.reference.DoubleTensor;
import dev.dovetail.ir.reference.GraphInterpreter;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class PartitionGraphTest {
    private static final Set<String> INNER =
            Set.of(Names.HEADS, Names.KV_HEADS, Names.INNER, Names.VOCAB, Names.EXPERTS);

    static Stream<Arguments> everyModelAndWayToRecompute() {
        var cases = new ArrayList<Arguments>();
        for (TinyModels tiny : TinyModels.values()) {
            for (Recompute recompute : Recompute.values()) {
                cases.add(Arguments.of(tiny, recompute));
            }
        }
        return cases.stream();
    }

    static AxisMap map(int ways, boolean sequence) {
        return new AxisMap("tensor", ways, INNER, sequence ? Optional.of(Names.SEQUENCE) : Optional.empty());
    }

    @ParameterizedTest
    @MethodSource("everyModelAndWayToRecompute")
    void ranksTogetherComputeTheWholeGraph(TinyModels tiny, Recompute recompute) {
        Model model = tiny.training();
        var interpreter = new ModelInterpreter(model, 19);
        var streams = interpreter.streams();
        for (int layer : ModelInterpreter.firstOfEachKind(model)) {
            TrainingGraphs graphs = interpreter.differentiated(layer, SavePolicy.of(recompute));
            for (UnaryOperator<Graph> pass : List.<UnaryOperator<Graph>>of(UnaryOperator.identity(), FuseMaps::apply)) {
                var whole = Whole.of(interpreter, layer, graphs, pass, streams.get(layer));
                for (int ways : List.of(2, 4)) {
                    whole.compareTo(map(ways, false));
                    whole.compareTo(map(ways, true));
                }
            }
        }
    }

    /** A layer's two graphs, and every value of each computed undivided. */
    private record Whole(
            Graph forward,
            Map<Value, DoubleTensor> forwardValues,
            Graph backward,
            Map<Value, DoubleTensor> backwardValues,
            Set<Value> gradients,
            ReferenceEnvironment environment) {

        static Whole of(
                ModelInterpreter interpreter,
                int layer,
                TrainingGraphs graphs,
                UnaryOperator<Graph> pass,
                List<DoubleTensor> stream) {
            Graph forward = pass.apply(graphs.forward());
            Graph backward = pass.apply(graphs.backward());
            var evaluation = new GraphInterpreter(interpreter.environment());
            var values = evaluation.run(forward, interpreter.given(layer, forward, stream));
            var given = new HashMap<>(values);
            backward.inputs()
                    .forEach(input -> given.computeIfAbsent(
                            input.value(), value -> Tensors.normal(value.type(), 0, 1, new SplittableRandom(31))));
            return new Whole(
                    forward,
                    values,
                    backward,
                    evaluation.run(backward, given),
                    new HashSet<>(graphs.parameterGradients().values()),
                    interpreter.environment());
        }

        void compareTo(AxisMap map) {
            LocalGraph localForward = PartitionGraph.partition(forward, map, Map.of(), Set.of());
            compareRun(forward, forwardValues, localForward, map);
            LocalGraph localBackward = PartitionGraph.partition(backward, map, localForward.placements(), gradients);
            compareRun(backward, backwardValues, localBackward, map);
        }

        private void compareRun(Graph graph, Map<Value, DoubleTensor> values, LocalGraph local, AxisMap map) {
            var ranks = new RankInterpreter(local, map.ways(), environment);
            var given = new HashMap<Integer, DoubleTensor>();
            graph.inputs().forEach(input -> given.put(input.value().id(), values.get(input.value())));
            graph.parameters().forEach(parameter -> given.put(parameter.value().id(), values.get(parameter.value())));
            ranks.run(given);
            for (int i = 0; i < graph.outputs().size(); i++) {
                Value whole = graph.outputs().get(i);
                DoubleTensor together = ranks.whole(local.graph().outputs().get(i), whole.id());
                double difference = Tensors.largestDifference(values.get(whole), together);
                assertEquals(0, difference, 1e-12, () -> graph.name() + whole + " by " + map);
            }
        }
    }

    /**
     * But for a norm that both sub-layers share, one over heads or updates that ranks share, convolutions, and state-space
     * models.
     */
    @ParameterizedTest
    @EnumSource(
            value = TinyModels.class,
            mode = EnumSource.Mode.MATCH_NONE,
            names = ".*MOE|COHERE|GEMMA|.*DIT|FLUX|UNET|DELTA|MAMBA2|JAMBA|T5|LLAVA|MIXED_LORA|XIELU")
    void aLayerExchangesItsStreamTwiceForwardAndTwiceBackward(TinyModels tiny) {
        Model model = tiny.training();
        Graph layer = model.layer(1).forward();
        double stream = layer.inputs().getFirst().value().type().bytes();
        for (int ways : List.of(2, 4)) {
            for (boolean sequence : List.of(false, true)) {
                var graphs = new ModelInterpreter(model, 1).differentiated(1, SavePolicy.of(Recompute.NONE));
                LocalGraph forward =
                        PartitionGraph.partition(graphs.forward(), map(ways, sequence), Map.of(), Set.of());
                LocalGraph backward = PartitionGraph.partition(
                        graphs.backward(),
                        map(ways, sequence),
                        forward.placements(),
                        new HashSet<>(graphs.parameterGradients().values()));
                // A ring moves 2 (t - 1) / t of a tensor in an all-reduce, half of it in each of its two halves.
                double reduce = 2 * stream * (ways - 1) / ways;
                assertEquals(2 * reduce, bytesSent(forward), "forward");
                // Under sequence parallelism, norm outputs are kept cut and gathered once more for the weights'
                // gradients.
                double again = sequence ? 2 * reduce / 2 : 0;
                // Parallel sub-layers share one gradient, gathered once.
                again -= sequence && tiny == TinyModels.NEOX ? reduce / 2 : 0;
                assertEquals(2 * reduce + again, bytesSent(backward), "backward " + sequence);
            }
        }
    }

    private static double bytesSent(LocalGraph local) {
        return local.graph().nodes().stream()
                .filter(node -> node.op() instanceof Communication)
                .mapToDouble(node -> ((Communication) node.op())
                        .bytesSent(node.operandTypes().getFirst()))
                .sum();
    }
}
