package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.FuseMaps;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.StretchQueues;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.LocalGraph;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The graphs of a kind of layer at one size, whole and as one rank has them. Each is made once: of the many plans that a search
 * looks at, few differ in what a layer computes, and of those many in nothing but where its state lies.
 */
final class LayerGraphs {
    private final LayerKind kind;
    private final Map<Way, Whole> wholes = new ConcurrentHashMap<>();
    private final Map<Asked, Local> locals = new ConcurrentHashMap<>();

    /**
     * Before ranks share anything.
     *
     * @param forward fused, with everything written that some way to recompute keeps
     * @param backward fused
     */
    record Whole(TrainingGraphs graphs, Graph forward, Graph backward) {}

    /** What one rank computes of a layer. */
    record Local(TrainingGraphs graphs, LocalGraph forward, LocalGraph backward) {}

    private record Asked(List<AxisMap> axes, Way way) {}

    /** @param overlap stretches that experts' queues come in */
    private record Way(Recompute recompute, int overlap) {}

    LayerGraphs(LayerKind kind) {
        this.kind = kind;
    }

    LayerKind kind() {
        return kind;
    }

    Local local(LayerSettings settings) {
        var way = new Way(settings.recompute(), settings.experts().overlap());
        return locals.computeIfAbsent(new Asked(settings.axes(), way), asked -> {
            Whole whole = whole(way);
            var partition = new LayerPartition(settings);
            LocalGraph forward =
                    partition.forward(whole, kind.forward().outputs().size());
            return new Local(whole.graphs(), forward, partition.backward(whole));
        });
    }

    private Whole whole(Way way) {
        Whole known = wholes.get(way);
        if (known == null) {
            TrainingGraphs graphs = differentiated(way);
            List<Value> kept = way.recompute() == Recompute.NONE
                    ? List.of()
                    : whole(new Way(Recompute.NONE, way.overlap())).graphs().saved();
            known = new Whole(graphs, FuseMaps.apply(graphs.forward(), kept), FuseMaps.apply(graphs.backward()));
            wholes.put(way, known);
        }
        return known;
    }

    private TrainingGraphs differentiated(Way way) {
        Graph forward = StretchQueues.apply(kind.forward(), way.overlap());
        if (!kind.hasBackward()) {
            return TrainingGraphs.frozen(forward);
        }
        SavePolicy policy = SavePolicy.of(way.recompute());
        return switch (kind.role()) {
            case HEAD -> Differentiate.loss(forward, policy, Instruction.StepSymbol.LOSS_SCALE.symbol());
            case EMBED, BLOCK -> Differentiate.layer(forward, policy);
        };
    }
}
