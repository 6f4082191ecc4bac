package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.FuseMaps;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.shard.AxisMap;
import dev.dovetail.ir.shard.LocalGraph;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The graphs of a kind of layer at one size, whole and as one rank has them. Each is made once: of the many plans that a search
 * looks at, few differ in what a layer computes, and of those many in nothing but where its state lies.
 */
final class LayerGraphs {
    private final LayerKind kind;
    private final Map<Recompute, Whole> wholes = new EnumMap<>(Recompute.class);
    private final Map<Asked, Local> locals = new HashMap<>();

    /**
     * Before ranks share anything.
     *
     * @param forward fused, with everything written that some way to recompute keeps
     * @param backward fused
     */
    record Whole(TrainingGraphs graphs, Graph forward, Graph backward) {}

    /** What one rank computes of a layer. */
    record Local(TrainingGraphs graphs, LocalGraph forward, LocalGraph backward) {}

    private record Asked(List<AxisMap> axes, Recompute recompute) {}

    LayerGraphs(LayerKind kind) {
        this.kind = kind;
    }

    LayerKind kind() {
        return kind;
    }

    Local local(LayerSettings settings) {
        return locals.computeIfAbsent(new Asked(settings.axes(), settings.recompute()), asked -> {
            Whole whole = whole(settings.recompute());
            var partition = new LayerPartition(settings);
            LocalGraph forward =
                    partition.forward(whole, kind.forward().outputs().size());
            return new Local(whole.graphs(), forward, partition.backward(whole));
        });
    }

    private Whole whole(Recompute recompute) {
        Whole known = wholes.get(recompute);
        if (known == null) {
            TrainingGraphs graphs = differentiated(recompute);
            List<Value> kept = recompute == Recompute.NONE
                    ? List.of()
                    : whole(Recompute.NONE).graphs().saved();
            known = new Whole(graphs, FuseMaps.apply(graphs.forward(), kept), FuseMaps.apply(graphs.backward()));
            wholes.put(recompute, known);
        }
        return known;
    }

    private TrainingGraphs differentiated(Recompute recompute) {
        if (!kind.hasBackward()) {
            return TrainingGraphs.frozen(kind.forward());
        }
        SavePolicy policy = SavePolicy.of(recompute);
        return switch (kind.role()) {
            case HEAD -> Differentiate.loss(kind.forward(), policy, Instruction.StepSymbol.LOSS_SCALE.symbol());
            case EMBED, BLOCK -> Differentiate.layer(kind.forward(), policy);
        };
    }
}
