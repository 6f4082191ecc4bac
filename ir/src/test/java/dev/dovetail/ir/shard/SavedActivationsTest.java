package dev.dovetail.ir.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.graph.Differentiate;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.SavePolicy;
import dev.dovetail.ir.graph.TrainingGraphs;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Bytes a layer keeps from its forward to its backward pass, against the table of Korthikanti et al. 2022 (arXiv:2205.05198),
 * less what our layer has no need of: the 2sbh of two residual dropout masks, and the 5as²b of scores, which attention
 * computes again.
 */
class SavedActivationsTest {
    private static final double SBH = 2048.0 * 12288;

    private static Graph gpt3Layer() {
        var attention = Settings.empty("attention").with("heads", 96);
        var mlp = Settings.empty("mlp").with("inner", 4 * 12288).with("activation", "gelu");
        var subLayers = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(new MlpBlock(), mlp, NormPlace.PRE, true, false));
        var model = new ModelDefinition(
                "gpt3",
                51200,
                12288,
                2048,
                Positions.LEARNED,
                2048,
                NormKind.LAYER,
                1e-5,
                true,
                true,
                false,
                false,
                true,
                List.of(new Stack(96, subLayers)),
                Origin.NONE);
        return ExpandModel.expand(model, ExpansionForm.Training.of(2048, 1), ElementType.BF16)
                .layer(1)
                .forward();
    }

    /** The layer's input, and what it saves, on one of {@code ways} ranks. */
    private static double savedBytes(Recompute recompute, int ways, boolean sequence) {
        TrainingGraphs graphs = Differentiate.layer(gpt3Layer(), SavePolicy.of(recompute));
        AxisMap map = PartitionGraphTest.map(ways, sequence);
        LocalGraph local = PartitionGraph.partition(graphs.forward(), map, Map.of(), Set.of());
        var kept =
                new ArrayList<Value>(List.of(local.graph().inputs().getFirst().value()));
        kept.addAll(local.graph().outputs().subList(1, local.graph().outputs().size()));
        return kept.stream().mapToDouble(value -> value.type().bytes()).sum();
    }

    private static void expect(double sbh, double bytes) {
        // Statistics of norms and rows of scores are the rest: less than one part in a hundred.
        assertEquals(1, bytes / (sbh * SBH), 0.01);
    }

    @Test
    void oneRankKeepsThirtyTwo() {
        expect(34 - 2, savedBytes(Recompute.NONE, 1, false));
    }

    @Test
    void tensorParallelRanksKeepTheStreamWhole() {
        expect(10 - 2 + 24 / 8.0, savedBytes(Recompute.NONE, 8, false));
    }

    @Test
    void sequenceParallelRanksKeepAnEqualShareOfAll() {
        expect((34 - 2) / 8.0, savedBytes(Recompute.NONE, 8, true));
    }

    /** The core's output too is computed again, which the paper keeps: 2sbh less. */
    @Test
    void selectiveKeepsAllButTheAttentionCore() {
        expect(34 - 2 - 2, savedBytes(Recompute.SELECTIVE, 1, false));
        expect((34 - 2 - 2) / 8.0, savedBytes(Recompute.SELECTIVE, 8, true));
    }

    @Test
    void fullKeepsTheInputAlone() {
        assertEquals(2 * SBH, savedBytes(Recompute.FULL, 1, false));
        assertEquals(2 * SBH, savedBytes(Recompute.FULL, 8, false));
        assertEquals(2 * SBH / 8, savedBytes(Recompute.FULL, 8, true));
    }
}
