package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Map;

/** A model small enough to lower thousands of times: width 16, sequence 16, 4 layers of 4 heads. */
final class NanoJob {
    private NanoJob() {}

    static TrainJob job(NormKind norm, Positions positions, boolean tied) {
        var attention = Settings.empty("attention").with("heads", 4);
        var mlp = Settings.empty("mlp").with("inner", 64).with("activation", norm == NormKind.RMS ? "swiglu" : "gelu");
        var layer = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(new MlpBlock(), mlp, NormPlace.PRE, true, false));
        var model = new ModelDefinition(
                "nano",
                32,
                16,
                16,
                positions,
                positions == Positions.LEARNED ? 16 : 0,
                norm,
                1e-5,
                norm == NormKind.LAYER,
                tied,
                false,
                false,
                true,
                List.of(new Stack(4, layer)),
                Origin.NONE);
        return new TrainJob(
                "nano",
                model,
                Cluster.of("none", List.of(), Origin.NONE),
                new DataSource.None(),
                8,
                16,
                3,
                Precision.uniform(ElementType.F64),
                OptimizerSettings.ADAMW,
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                0,
                50,
                Origin.NONE);
    }

    static Decisions plan(int tensor, int pipeline, int data) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, tensor > 1)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.DATA, data)
                .with(Decision.SHARD, Decision.Shard.NONE)
                .with(Decision.MICROBATCH, 1)
                .with(Decision.RECOMPUTE, Decision.Recompute.NONE)
                .with(Decision.SCHEDULE, pipeline > 1 ? Decision.Schedule.ONE_F_ONE_B : Decision.Schedule.GPIPE);
    }
}
