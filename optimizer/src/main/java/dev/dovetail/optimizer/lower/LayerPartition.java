package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.FuseMaps;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.shard.LocalGraph;
import dev.dovetail.ir.shard.PartitionGraph;
import dev.dovetail.ir.shard.Placement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What one rank of a layer computes: its stretch of the sequences first, and of that its share of heads and widths. */
final class LayerPartition {
    private final LayerSettings settings;
    private Optional<LocalGraph> stretch = Optional.empty();
    private Optional<LocalGraph> forward = Optional.empty();

    LayerPartition(LayerSettings settings) {
        this.settings = settings;
    }

    LocalGraph forward(TrainingGraphs graphs) {
        Graph whole = FuseMaps.apply(graphs.forward());
        if (settings.context().ways() > 1) {
            stretch = Optional.of(PartitionGraph.partition(whole, settings.context(), Map.of(), Set.of()));
        }
        Graph first = stretch.map(LocalGraph::graph).orElse(whole);
        LocalGraph local = PartitionGraph.partition(first, settings.tensor(), Map.of(), Set.of());
        forward = Optional.of(local);
        return stretch.map(outer -> joined(outer, local)).orElse(local);
    }

    /** After {@link #forward}, whose placements of saved values it takes over. */
    LocalGraph backward(TrainingGraphs graphs) {
        Graph whole = FuseMaps.apply(graphs.backward());
        var gradients = new HashSet<>(graphs.parameterGradients().values());
        Map<Integer, Placement> known = forward.orElseThrow().placements();
        if (stretch.isEmpty()) {
            return PartitionGraph.partition(whole, settings.tensor(), known, gradients);
        }
        LocalGraph outer = PartitionGraph.partition(
                whole, settings.context(), stretch.get().placements(), gradients);
        var summedLater = new HashSet<Value>();
        for (int i = 0; i < whole.outputs().size(); i++) {
            if (gradients.contains(whole.outputs().get(i))) {
                summedLater.add(outer.graph().outputs().get(i));
            }
        }
        LocalGraph local =
                PartitionGraph.partition(outer.graph(), settings.tensor(), saved(graphs, known), summedLater);
        return joined(outer, local);
    }

    /** Placements under the names of the whole graph: an exchange may have given a saved value another. */
    private Map<Integer, Placement> saved(TrainingGraphs graphs, Map<Integer, Placement> known) {
        var renamed = new HashMap<>(known);
        for (Value value : graphs.saved()) {
            int at = graphs.forward().outputs().indexOf(value);
            Value local = stretch.orElseThrow().graph().outputs().get(at);
            renamed.put(value.id(), known.get(local.id()));
        }
        return renamed;
    }

    /** Sums that are pending over the ranks that share sequences are those of the data axis. */
    private static LocalGraph joined(LocalGraph outer, LocalGraph local) {
        var starts = new LinkedHashMap<>(outer.shardStarts());
        starts.putAll(local.shardStarts());
        return new LocalGraph(local.graph(), local.placements(), starts, local.pendingSums());
    }
}
