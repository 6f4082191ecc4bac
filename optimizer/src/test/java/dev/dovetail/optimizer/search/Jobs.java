package dev.dovetail.optimizer.search;

import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.Block;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.Link;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;
import dev.dovetail.optimizer.cost.CostModel;
import dev.dovetail.optimizer.cost.DeviceConstants;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.optimizer.technique.Problem;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Jobs on clusters, small and large. */
public final class Jobs {
    private Jobs() {}

    /** GPT-2 and GPT-3 conventions: layer norm, learned positions, gelu, a tied table. */
    public static ModelDefinition gpt(int layers, int width, int heads, int vocab, int context) {
        var mlp = Settings.empty("mlp").with("inner", 4.0 * width).with("activation", "gelu");
        return decoder(layers, width, heads, vocab, context, new MlpBlock(), mlp);
    }

    /** The same with two experts, one for a token. */
    public static ModelDefinition moe(int layers, int width, int heads, int vocab, int context) {
        return moe(layers, width, heads, vocab, context, 2, 1);
    }

    /** @param top experts for a token */
    public static ModelDefinition moe(int layers, int width, int heads, int vocab, int context, int experts, int top) {
        var moe = Settings.empty("moe")
                .with("experts", experts)
                .with("top", top)
                .with("inner", 2.0 * width)
                .with("activation", "gelu")
                .with("capacity", 1.0);
        return decoder(layers, width, heads, vocab, context, new MoeBlock(), moe);
    }

    private static ModelDefinition decoder(
            int layers, int width, int heads, int vocab, int context, Block block, Settings feedForward) {
        var attention = Settings.empty("attention").with("heads", heads);
        var layer = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(block, feedForward, NormPlace.PRE, true, false));
        return new ModelDefinition(
                "gpt",
                vocab,
                width,
                context,
                Positions.LEARNED,
                context,
                NormKind.LAYER,
                1e-5,
                true,
                true,
                false,
                false,
                true,
                List.of(new Stack(layers, layer)),
                new Origin("job.dove", 1, 1, 5));
    }

    /** NVIDIA's datasheet; the attainable share as measured by ml-engineering (271.2 of 312 TFLOPS). */
    public static Device a100(double gigabytes) {
        return new Device(
                "a100_sxm_80gb",
                Bytes.ofGb(gigabytes),
                BytesPerSecond.of(2.039e12),
                Map.of(
                        ElementType.BF16, FlopsPerSecond.of(312e12),
                        ElementType.F32, FlopsPerSecond.of(19.5e12),
                        ElementType.F64, FlopsPerSecond.of(9.7e12)),
                0.869,
                Device.Family.AMPERE,
                new Device.Power(Watts.of(60), Watts.of(400)),
                Optional.of(new Device.Clocks(210, 1410, 15)),
                Optional.of(DollarsPerHour.of(2.10)));
    }

    public static Device withoutClocks(Device device) {
        return new Device(
                device.name(),
                device.memory(),
                device.bandwidth(),
                device.compute(),
                device.attainable(),
                device.family(),
                device.power(),
                Optional.empty(),
                device.price());
    }

    public static Cluster dgx(int nodes, Device device) {
        return cluster(nodes, 8, device, 300e9, 25e9);
    }

    public static Cluster cluster(int nodes, int perNode, Device device, double within, double out) {
        var link = new Link("link", BytesPerSecond.of(within), Seconds.ofMicros(2));
        var node = new Node(
                "node", perNode, device, link, perNode, BytesPerSecond.of(out), Optional.empty(), Optional.empty());
        return Cluster.of(
                "cluster", List.of(new NodeGroup(nodes, node, Origin.NONE)), new Origin("job.dove", 10, 1, 7));
    }

    public static TrainJob job(ModelDefinition model, Cluster cluster, int batch, Precision precision) {
        return new TrainJob(
                "job",
                model,
                cluster,
                new DataSource.None(),
                batch,
                model.context(),
                100,
                precision,
                OptimizerSettings.ADAMW,
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                0,
                50,
                new Origin("job.dove", 20, 1, 5));
    }

    public static TrainJob fix(TrainJob job, String name, String value) {
        var fixed = new LinkedHashMap<>(job.fixed());
        fixed.put(name, new Fixed(value, new Origin("job.dove", 30 + fixed.size(), 3, name.length())));
        return job.with(fixed, job.forbidden());
    }

    public static TrainJob asking(TrainJob job, List<Objective> objectives, List<Requirement> requirements) {
        return new TrainJob(
                job.name(),
                job.model(),
                job.cluster(),
                job.data(),
                job.batch(),
                job.sequence(),
                job.steps(),
                job.precision(),
                job.optimizer(),
                objectives,
                requirements,
                job.fixed(),
                job.forbidden(),
                job.seed(),
                job.checkpointEvery(),
                job.origin());
    }

    /** GPT-3 175B on 1024 A100, as Megatron-LM trained it. */
    public static TrainJob gpt3() {
        return job(gpt(96, 12288, 96, 51200, 2048), dgx(128, a100(80)), 1536, Precision.mixed(ElementType.BF16));
    }

    /** Elements of all parameters, a tied table once. */
    public static long params(TrainJob job) {
        return Problem.of(job).model().parameterCount();
    }

    public static Planner planner(TrainJob job) {
        return planner(CostModel.ofDevices(job.cluster()));
    }

    public static Planner planner(CostModel costs) {
        return new Planner(TechniqueCatalog.standard(), costs, DeviceConstants.ACCELERATOR, new GreedyPacker());
    }
}
