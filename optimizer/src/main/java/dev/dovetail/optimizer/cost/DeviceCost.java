package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.units.Seconds;
import java.util.List;
import java.util.Optional;

/**
 * A roofline over a device's figures (Williams et al. 2009): a kernel takes as long as its arithmetic at the attainable rate
 * or its bytes at the attainable bandwidth, whichever is longer, and never less than a launch. Arithmetic slows with the
 * clock; memory and links do not. Collectives move (n − 1) / n of their bytes over the link that the axis crosses.
 *
 * @param slowdown highest clock divided by the clock set
 */
public final class DeviceCost implements InstructionCost {
    private final Cluster cluster;
    private final Device device;
    private final DeviceConstants constants;
    private final MeshShape mesh;
    private final double slowdown;

    private DeviceCost(Cluster cluster, DeviceConstants constants, MeshShape mesh, double slowdown) {
        this.cluster = cluster;
        this.device = cluster.node().device();
        this.constants = constants;
        this.mesh = mesh;
        this.slowdown = slowdown;
    }

    /** @param clockMhz the clock set; 0 for whatever the device does */
    public static DeviceCost of(Cluster cluster, DeviceConstants constants, MeshShape mesh, int clockMhz) {
        Optional<Device.Clocks> clocks = cluster.node().device().clocks();
        double slowdown =
                clockMhz == 0 || clocks.isEmpty() ? 1 : (double) clocks.get().highestMhz() / clockMhz;
        return new DeviceCost(cluster, constants, mesh, slowdown);
    }

    @Override
    public Seconds seconds(RankClass rank, Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c.op(), types(c.operands()));
            case Instruction.Exchange e ->
                collective(
                        e.op().kind(),
                        e.op().axis(),
                        e.op().bytesSent(e.operand().type()));
            case Instruction.FlatExchange f -> collective(f.kind(), f.axis(), f.bytesSent());
            case Instruction.TiedReduce t ->
                message((double) t.elements() * t.element().bytes());
            case Instruction.Zero z ->
                streaming((double) z.elements() * z.element().bytes());
            case Instruction.Update u -> streaming(updateBytes(u));
            case Instruction.Send s -> Seconds.ZERO;
            case Instruction.Receive r -> Seconds.ZERO;
            case Instruction.Load l -> Seconds.ZERO;
            case Instruction.RecordLoss l -> constants.launch();
            case Instruction.Allocate a -> Seconds.ZERO;
            case Instruction.Free f -> Seconds.ZERO;
            case Instruction.Deliver d -> Seconds.ZERO;
        };
    }

    @Override
    public Seconds flight(RankClass sender, Instruction.Send send) {
        return message(send.buffer().type().bytes());
    }

    private static List<TensorType> types(List<Buffer> buffers) {
        return buffers.stream().map(Buffer::type).toList();
    }

    private Seconds compute(Op op, List<TensorType> operands) {
        Seconds arithmetic = switch (op) {
            case MatMul m -> product(op, operands);
            case Attend a -> attention(op, a.pattern(), operands);
            case AttendGrad a -> attention(op, a.pattern(), operands);
            case MapOp m -> Seconds.ZERO;
            case MapReduce m -> Seconds.ZERO;
            case Normalize n -> Seconds.ZERO;
            case NormalizeGrad n -> Seconds.ZERO;
            case Rotate r -> Seconds.ZERO;
            case Gather g -> Seconds.ZERO;
            case ScatterAdd s -> Seconds.ZERO;
            case CacheWrite c -> Seconds.ZERO;
            case Communication c -> Seconds.ZERO;
        };
        return arithmetic.max(streaming(op.bytes(operands)));
    }

    private Seconds product(Op op, List<TensorType> operands) {
        double rate = rate(operands.getFirst().element()) * device.attainable() / slowdown;
        double flops = op.flops(operands);
        return Seconds.of(flops / rate + ramp(flops, rate));
    }

    /** Fused kernels skip blocks that a causal mask hides entirely: half of a long sequence. */
    private Seconds attention(Op op, AttentionPattern pattern, List<TensorType> operands) {
        double rate = rate(operands.getFirst().element()) * device.attainable() / slowdown;
        double seen = pattern.causal() ? 0.5 : 1;
        return Seconds.of(op.flops(operands) * seen / (rate * constants.attention()));
    }

    /** Approaches the full ramp for large products, and is small next to the launch for small ones. */
    private double ramp(double flops, double rate) {
        double ramp = constants.ramp().value() * slowdown;
        return ramp * flops / (flops + rate * ramp);
    }

    private double rate(ElementType element) {
        var known = device.compute().get(element);
        if (known == null) {
            throw new MissingFigureException(device.name() + " lists no rate of matrix products in "
                    + element.name().toLowerCase(java.util.Locale.ROOT));
        }
        return known.value();
    }

    private Seconds streaming(double bytes) {
        return constants.launch().max(Seconds.of(bytes / (device.bandwidth().value() * constants.memory())));
    }

    /** Reads gradient, moments and weight, writes moments and weight; masters are read and written beside the weight. */
    private static double updateBytes(Instruction.Update update) {
        var precision = update.precision();
        return (double) update.elements()
                * (precision.gradient().bytes()
                        + 4 * precision.state().bytes()
                        + (precision.hasMaster()
                                ? 2 * precision.master().bytes()
                                        + precision.compute().bytes()
                                : 2 * precision.compute().bytes()));
    }

    private Seconds collective(Kind kind, String axis, double bytesSent) {
        if (kind == Kind.SLICE || mesh.size(axis) == 1) {
            return Seconds.ZERO;
        }
        Reach reach = Reach.along(axis, mesh, cluster);
        int rounds = kind == Kind.ALL_REDUCE ? 2 : 1;
        int hops = reach.inside() ? reach.ways() - 1 : 32 - Integer.numberOfLeadingZeros(reach.ways() - 1);
        return constants
                .collective()
                .plus(reach.latency().times((double) rounds * hops))
                .plus(Seconds.of(bytesSent / attainable(reach)));
    }

    private Seconds message(double bytes) {
        Reach reach = Reach.neighbours(MeshShape.PIPELINE, mesh, cluster);
        return constants.launch().plus(reach.latency()).plus(Seconds.of(bytes / attainable(reach)));
    }

    private double attainable(Reach reach) {
        return reach.bandwidth().value() * (reach.inside() ? constants.scaleUp() : constants.scaleOut());
    }
}
