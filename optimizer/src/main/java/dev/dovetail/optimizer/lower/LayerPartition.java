package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.shard.LocalGraph.ShardStart;
import dev.dovetail.ir.shard.PartitionGraph;
import dev.dovetail.ir.shard.Placement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What one rank of a layer computes: its stretch of the sequences first, of that its share of heads and widths, and at last its
 * own sequences of those that share the experts.
 */
final class LayerPartition {
    private final LayerSettings settings;
    private final List<AxisMap> axes;
    /** After each axis. */
    private final List<LocalGraph> forwards = new ArrayList<>();

    LayerPartition(LayerSettings settings) {
        this.settings = settings;
        // The tensor axis is always there: it also places what no axis splits.
        Predicate<AxisMap> splits = axis -> axis.ways() > 1 || axis.equals(settings.tensor());
        this.axes = settings.axes().stream().filter(splits).toList();
    }

    /** @param handedOn how many of the outputs, the first ones, go to the next layer */
    LocalGraph forward(LayerGraphs.Whole whole, int handedOn) {
        Graph graph = whole.forward();
        for (AxisMap axis : axes) {
            forwards.add(PartitionGraph.partition(graph, axis, Map.of(), Set.of(), handedOn));
            graph = forwards.getLast().graph();
        }
        return new LocalGraph(graph, forwards.getLast().placements(), starts(forwards), Set.of());
    }

    /**
     * After {@link #forward}, whose placements of saved values it takes over. Pending sums are those over the tensor axis: those
     * over the ranks that share sequences or experts are sums of the data axis.
     */
    LocalGraph backward(LayerGraphs.Whole whole) {
        TrainingGraphs graphs = whole.graphs();
        var locals = new ArrayList<LocalGraph>();
        var pending = new LinkedHashSet<Integer>();
        Graph graph = whole.backward();
        Graph forward = whole.forward();
        for (int i = 0; i < axes.size(); i++) {
            LocalGraph local = PartitionGraph.partition(
                    graph,
                    axes.get(i),
                    saved(graphs, forward, forwards.get(i)),
                    gradients(graphs, whole.backward(), graph),
                    graphs.inputGradients().size());
            if (axes.get(i).equals(settings.tensor())) {
                pending.addAll(placesOf(local.pendingSums(), local.graph()));
            }
            locals.add(local);
            graph = local.graph();
            forward = forwards.get(i).graph();
        }
        var sums = new HashSet<Value>();
        List<Value> outputs = graph.outputs();
        pending.forEach(at -> sums.add(outputs.get(at)));
        return new LocalGraph(graph, locals.getLast().placements(), starts(locals), sums);
    }

    /** Placements of saved values by the names of the whole graph: an exchange may have given one another. */
    private static Map<Integer, Placement> saved(TrainingGraphs graphs, Graph before, LocalGraph after) {
        var placements = new HashMap<Integer, Placement>();
        for (Value value : graphs.saved()) {
            Value local = before.outputs().get(graphs.forward().outputs().indexOf(value));
            placements.put(value.id(), after.placements().get(local.id()));
        }
        return placements;
    }

    /** Gradients of parameters as the graph names them after some axes; their sums may wait until the end of the step. */
    private static Set<Value> gradients(TrainingGraphs graphs, Graph whole, Graph graph) {
        var gradients = new HashSet<Value>();
        for (Value gradient : graphs.parameterGradients().values()) {
            gradients.add(graph.outputs().get(whole.outputs().indexOf(gradient)));
        }
        return gradients;
    }

    private static List<Integer> placesOf(Set<Value> values, Graph graph) {
        return values.stream().map(graph.outputs()::indexOf).toList();
    }

    private static Map<String, ShardStart> starts(List<LocalGraph> locals) {
        var starts = new LinkedHashMap<String, ShardStart>();
        locals.forEach(local -> starts.putAll(local.shardStarts()));
        return starts;
    }
}
