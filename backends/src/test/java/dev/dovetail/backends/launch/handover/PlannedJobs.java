package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Schedule;
import dev.dovetail.ir.plan.Decision.Shard;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.program.MemoryPart;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Jobs and plans to hand over: well-known models on nodes of eight devices. */
final class PlannedJobs {
    private static final int HIGHEST_CLOCK = 1410;

    private PlannedJobs() {}

    /** As in the GPT-3 paper, on 1024 devices. */
    static TrainJob gpt3() {
        var attention = Settings.empty("attention").with("heads", 96);
        var mlp = Settings.empty("mlp").with("inner", 4 * 12_288).with("activation", "gelu");
        var model = model(
                "gpt3_175b", 51_200, 12_288, 2048, Positions.LEARNED, NormKind.LAYER, true, true, 96, attention, mlp);
        return job(model, 128, 1536, 2048, Precision.mixed(ElementType.BF16));
    }

    static TrainJob llama31() {
        var rope = Settings.empty("rope").with("theta", 500_000).with("factor", 8);
        var attention = Settings.empty("attention")
                .with("heads", 32)
                .with("kv_heads", 8)
                .with("rope", new Settings.Setting.Group(rope));
        var mlp = Settings.empty("mlp").with("inner", 14_336).with("activation", "swiglu");
        var model = model(
                "llama31_8b", 128_256, 4096, 8192, Positions.ROPE, NormKind.RMS, false, false, 32, attention, mlp);
        return job(model, 8, 512, 8192, Precision.mixed(ElementType.BF16));
    }

    /** Mixtral's sizes with what DeepSeek's routers have. */
    static TrainJob mixture() {
        var attention = Settings.empty("attention").with("heads", 32).with("kv_heads", 8);
        var groups = Settings.empty("groups").with("value", 4).with("kept", 2).with("votes", 1);
        var moe = Settings.empty("moe")
                .with("experts", 8)
                .with("top", 2)
                .with("inner", 14_336)
                .with("activation", "swiglu")
                .with("scoring", "sigmoid")
                .with("scale", 2.5)
                .with("shared", 1)
                .with("capacity", 1.25)
                .with("balance_loss", 0.001)
                .with("groups", new Settings.Setting.Group(groups))
                .withFlag("choice_bias");
        var model =
                model("mixture", 32_000, 4096, 4096, Positions.ROPE, NormKind.RMS, false, false, 32, attention, moe);
        return job(model, 8, 512, 4096, Precision.mixed(ElementType.BF16));
    }

    static ModelDefinition model(
            String name,
            int vocab,
            int width,
            int context,
            Positions positions,
            NormKind norm,
            boolean biases,
            boolean tied,
            int layers,
            Settings attention,
            Settings mlp) {
        var layer = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(
                        mlp.name().equals("moe") ? new MoeBlock() : new MlpBlock(), mlp, NormPlace.PRE, true, false));
        return new ModelDefinition(
                name,
                vocab,
                width,
                context,
                positions,
                positions == Positions.LEARNED ? context : 0,
                norm,
                1e-5,
                biases,
                tied,
                false,
                false,
                true,
                List.of(new Stack(layers, layer)),
                Origin.NONE);
    }

    static TrainJob job(ModelDefinition model, int nodes, int batch, int sequence, Precision precision) {
        return new TrainJob(
                model.name(),
                model,
                cluster(nodes),
                new DataSource.None(),
                batch,
                sequence,
                1000,
                precision,
                new OptimizerSettings(3e-4, 0.9, 0.95, 1e-8, 0.1, 200),
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                1234,
                500,
                Origin.NONE);
    }

    private static Cluster cluster(int nodes) {
        var device = new Device(
                "a100_sxm_80gb",
                new Bytes(80_000_000_000L),
                new BytesPerSecond(2e12),
                Map.of(),
                1,
                Device.Family.AMPERE,
                new Device.Power(new Watts(60), new Watts(400)),
                Optional.of(new Device.Clocks(210, HIGHEST_CLOCK, 15)),
                Optional.empty());
        var node = new Node(
                "DGX-A100-80GB",
                8,
                device,
                new Link("nvlink3", new BytesPerSecond(3e11), Seconds.ofMicros(2)),
                8,
                new BytesPerSecond(2.5e10),
                Optional.empty(),
                Optional.empty());
        return Cluster.of("selene", List.of(new Cluster.NodeGroup(nodes, node, Origin.NONE)), Origin.NONE);
    }

    /** Every decision at its plainest; tests change some. */
    static Decisions decisions(int tensor, int pipeline, int data) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, tensor > 1)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.DATA, data)
                .with(Decision.SHARD, Shard.NONE)
                .with(Decision.MICROBATCH, 1)
                .with(Decision.RECOMPUTE, Recomputation.NONE)
                .with(Decision.SCHEDULE, Schedule.ONE_F_ONE_B)
                .with(Decision.FREQUENCY, HIGHEST_CLOCK);
    }

    static PlannedTraining planned(TrainJob job, Decisions decisions) {
        var nothing = Seconds.of(0);
        var predicted = new Plan.Predicted(
                nothing,
                0,
                0,
                new FlopsPerSecond(0),
                Map.of(MemoryPart.PARAMETERS, Bytes.ZERO),
                0,
                new Joules(0),
                new Dollars(0),
                new GramsOfCarbon(0),
                1,
                0);
        var plan = new Plan(
                job.name(),
                Plan.Status.OPTIMAL,
                decisions,
                Map.of(),
                predicted,
                new Plan.Breakdown(nothing, nothing, nothing, nothing, nothing, nothing, nothing, nothing),
                new Plan.Bound(Objective.TIME, 0, 0),
                new Plan.SearchStatistics(nothing, 0, 0),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                List.of());
        return new PlannedTraining(job, plan, List.of("Generated by a test"));
    }
}
