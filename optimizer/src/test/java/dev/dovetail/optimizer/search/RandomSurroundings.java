package dev.dovetail.optimizer.search;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.cluster.InputHosts;
import dev.dovetail.ir.cluster.InputHosts.Hosts;
import dev.dovetail.ir.cluster.Node;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.Preparation.Step;
import dev.dovetail.ir.job.ProductClass;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.job.ProductFormats;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decision.Prepare;
import dev.dovetail.ir.plan.Offload;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.BytesPerSecond;
import dev.dovetail.ir.units.DollarsPerHour;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import dev.dovetail.ir.units.Watts;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** Jobs that use what stands around devices: samples are prepared there, or state lies there. */
final class RandomSurroundings {
    private RandomSurroundings() {}

    /** Preparing samples takes about as long as small models do. */
    static TrainJob prepared(TrainJob job, SplittableRandom random) {
        double unit = Math.pow(10, -4 + 2 * random.nextDouble());
        var samples = new Preparation(
                List.of(
                        new Step("decode", Seconds.of(unit * random.nextInt(1, 5)), bytes(random)),
                        new Step("crop", Seconds.of(unit * random.nextInt(1, 5)), bytes(random))),
                bytes(random),
                Seconds.of(unit * random.nextInt(0, 2)),
                Set.of(Prepare.WORKER, Prepare.HELPERS, Prepare.STORAGE),
                Origin.NONE);
        // Hosts are there to prepare samples: plans that keep state beside the device are not written down.
        var forbidden = new ArrayList<>(job.forbidden());
        forbidden.add("offload");
        return job.on(around(job.cluster(), random)).preparing(samples).with(job.fixed(), forbidden);
    }

    private static Bytes bytes(SplittableRandom random) {
        return Bytes.of(random.nextInt(1_000, 100_000));
    }

    private static Cluster around(Cluster cluster, SplittableRandom random) {
        var helpers = new Hosts(
                random.nextInt(1, 4),
                random.nextInt(1, 5),
                rate(random),
                Optional.empty(),
                Optional.of(DollarsPerHour.of(random.nextDouble())));
        var storage = new Hosts(1, random.nextInt(1, 5), rate(random), Optional.of(rate(random)), Optional.empty());
        boolean far = random.nextBoolean();
        return hosted(cluster, random)
                .withInputHosts(new InputHosts(Optional.of(helpers), far ? Optional.of(storage) : Optional.empty()));
    }

    /**
     * A node, and one of another kind whose devices are faster or slower and have more or less memory. Most small models are
     * fastest on the better of the two alone: pipelines with more stages than it has devices need both.
     */
    static TrainJob mixed(TrainJob job, SplittableRandom random) {
        Node n = job.cluster().node();
        double speed = Math.pow(2, 2 * random.nextDouble() - 1);
        var compute = new EnumMap<ElementType, FlopsPerSecond>(ElementType.class);
        n.device().compute().forEach((element, rate) -> compute.put(element, rate.times(speed)));
        var device = new Device(
                "other",
                Bytes.of(n.device().memory().count() + random.nextInt(100_000, 600_000)),
                n.device().bandwidth().times(Math.pow(2, 2 * random.nextDouble() - 1)),
                compute,
                n.device().attainable(),
                n.device().family(),
                new Device.Power(Watts.of(random.nextInt(5, 20)), Watts.of(random.nextInt(50, 200))),
                Optional.empty(),
                Optional.of(DollarsPerHour.of(speed)));
        var node = new Node(
                "other",
                n.devices(),
                device,
                n.within(),
                n.domain(),
                n.scaleOut().times(random.nextInt(1, 4)),
                Optional.empty(),
                Optional.empty());
        int devices = random.nextInt(1, 3);
        var groups = new ArrayList<NodeGroup>();
        groups.add(new NodeGroup(1, of(devices, n), Origin.NONE));
        groups.add(random.nextInt(2), new NodeGroup(1, of(devices, node), Origin.NONE));
        TrainJob mixed = job.on(job.cluster().withGroups(groups));
        boolean deep = random.nextInt(4) > 0;
        return deep ? Jobs.fix(mixed, "pipeline", Integer.toString(job.model().layers())) : mixed;
    }

    private static Node of(int devices, Node n) {
        return new Node(n.name(), devices, n.device(), n.within(), devices, n.scaleOut(), n.host(), n.storage());
    }

    /** Devices with cores for eight bits, of which a plan may multiply in all linear layers, in some or in none. */
    static TrainJob inFormats(TrainJob job, SplittableRandom random) {
        Device d = job.cluster().node().device();
        FlopsPerSecond rate = d.compute().get(ElementType.BF16);
        var device = new Device(
                d.name(),
                d.memory(),
                d.bandwidth(),
                d.compute(),
                d.attainable(),
                Device.Family.HOPPER,
                d.power(),
                d.clocks(),
                d.price(),
                Map.of(Device.Narrow.FP8, rate.times(1 + random.nextDouble())));
        Node n = job.cluster().node();
        var node = new Node(n.name(), n.devices(), device, n.within(), n.domain(), n.scaleOut(), n.host(), n.storage());
        int count = job.cluster().groups().getFirst().count();
        var all = ProductFormats.of(ProductFormat.FP8);
        var some = all.with(ProductClass.ATTENTION, ProductFormat.STORED);
        return job.on(job.cluster().withGroups(List.of(new NodeGroup(count, node, Origin.NONE))))
                .with(Precision.mixed(ElementType.BF16).choosing(List.of(ProductFormats.STORED, some, all)));
    }

    /** Some of weights, gradients, optimizer state and activations lie with the host or on its drives, whichever is faster. */
    static TrainJob beside(TrainJob job, SplittableRandom random) {
        List<Offload> all = Offload.values();
        Offload what = all.get(random.nextInt(1, all.size()));
        TrainJob fixed = Jobs.fix(
                job.on(hosted(job.cluster(), random)),
                Decision.OFFLOAD.name(),
                Decision.OFFLOAD.print().apply(what));
        // What waits for the gradients of weights stays on the device.
        var forbidden = new ArrayList<>(job.forbidden());
        forbidden.add("zero_bubble");
        return fixed.with(fixed.fixed(), forbidden);
    }

    /** The same nodes, with processors of their own, memory and drives. */
    private static Cluster hosted(Cluster cluster, SplittableRandom random) {
        Node n = cluster.node();
        var node = new Node(
                n.name(),
                n.devices(),
                n.device(),
                n.within(),
                n.domain(),
                n.scaleOut(),
                Optional.of(new Node.Host(Bytes.ofGib(1), rate(random), n.devices() + random.nextInt(1, 4))),
                Optional.of(new Node.Storage(Bytes.ofGib(1), rate(random), rate(random))));
        return cluster.withGroups(
                List.of(new NodeGroup(cluster.groups().getFirst().count(), node, Origin.NONE)));
    }

    private static BytesPerSecond rate(SplittableRandom random) {
        return BytesPerSecond.of(Math.pow(10, 7 + 2 * random.nextDouble()));
    }
}
