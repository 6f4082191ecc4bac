package dev.dovetail.optimizer.cost;

import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.KernelLaw;
import dev.dovetail.ir.calibration.Workload;
import dev.dovetail.ir.calibration.Workloads;
import dev.dovetail.ir.op.Communication.Kind;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.MeshShape;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.ir.timing.DeviceSharing;
import dev.dovetail.ir.timing.InstructionCost;
import dev.dovetail.ir.units.Seconds;
import java.util.List;

/**
 * What instructions cost on a machine that was calibrated: kernels by the laws fitted to their measured times, messages by
 * their measured latency and cost of each byte. Collectives are direct exchanges: each rank hands its part to every other.
 *
 * @param threads that one rank computes with
 */
public record MeasuredCost(MachineProfile profile, MeshShape mesh, int threads) implements InstructionCost {

    /** Rank slots of one machine; ranks share its cores evenly. */
    public static CostModel model(MachineProfile profile) {
        return new CostModel() {
            @Override
            public InstructionCost cost(MeshShape mesh, int clockMhz) {
                return new MeasuredCost(profile, mesh, loadClass(mesh.ranks()));
            }

            @Override
            public DeviceSharing sharing(MeshShape mesh) {
                return new DeviceSharing.SharedCores(profile.cores(), loadClass(mesh.ranks()));
            }

            /** Threads of each rank. */
            @Override
            public int loadClass(int ranks) {
                return Math.max(1, profile.cores() / ranks);
            }
        };
    }

    @Override
    public Seconds seconds(RankClass rank, Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> compute(c.op(), types(c.operands()), c.results());
            case Instruction.Exchange e ->
                collective(
                        e.op().kind(),
                        e.op().axis(),
                        e.op().bytesSent(e.operand().type()),
                        e.operand().type().element());
            case Instruction.Begin b -> seconds(rank, b.exchange());
            case Instruction.Await a -> Seconds.ZERO;
            case Instruction.FlatExchange f -> collective(f.kind(), f.axis(), f.bytesSent(), f.element());
            case Instruction.TiedReduce t -> {
                double bytes = (double) t.elements() * t.element().bytes();
                yield handled(bytes).plus(added(t.elements(), t.element())).plus(latency());
            }
            case Instruction.Zero z ->
                kernel(Workloads.zero(z.elements() * z.element().bytes()), z.element());
            case Instruction.Update u ->
                kernel(Workloads.update(u.elements()), u.precision().compute());
            case Instruction.Send s -> perByte(s.buffer(), profile.message().sendSecondsPerByte());
            case Instruction.Receive r -> perByte(r.buffer(), profile.message().receiveSecondsPerByte());
            case Instruction.Move m -> moved(m);
            case Instruction.Load l -> Seconds.ZERO;
            case Instruction.RecordLoss r -> Seconds.ZERO;
            case Instruction.Allocate a -> Seconds.ZERO;
            case Instruction.Free f -> Seconds.ZERO;
            case Instruction.Deliver d -> Seconds.ZERO;
        };
    }

    @Override
    public Seconds flight(RankClass sender, Instruction.Send send) {
        return send.distance() == 0 ? Seconds.ZERO : latency();
    }

    /** Its processor copies what its ranks exchange. */
    @Override
    public double besideWork() {
        return 0;
    }

    private Seconds latency() {
        return Seconds.of(profile.message().latencySeconds());
    }

    private static List<TensorType> types(List<Buffer> buffers) {
        return buffers.stream().map(Buffer::type).toList();
    }

    private static Seconds perByte(Buffer buffer, double secondsPerByte) {
        return Seconds.of(buffer.type().bytes() * secondsPerByte);
    }

    private Seconds compute(Op op, List<TensorType> operands, List<Buffer> results) {
        return kernel(Workloads.of(op, operands), element(types(results)));
    }

    /** A kernel's time is that of the floating type it gives; integers alone are moved as fp32. */
    public static ElementType element(List<TensorType> results) {
        return results.stream()
                .map(TensorType::element)
                .filter(ElementType::isFloating)
                .findFirst()
                .orElse(ElementType.F32);
    }

    private Seconds kernel(Workload workload, ElementType element) {
        KernelLaw law = profile.law(workload.law(), element)
                .orElseThrow(() -> new MissingFigureException("this machine's profile has no law of " + workload.law()
                        + " in " + element.name().toLowerCase(java.util.Locale.ROOT)
                        + "; `dovetail calibrate` measures it"));
        return Seconds.of(law.seconds(workload, threads, profile.parallelLaunchSeconds()));
    }

    /** Memory beside the arena is copied; the drive is one, which all ranks share. */
    private Seconds moved(Instruction.Move move) {
        MachineProfile.Drive drive = profile.drive();
        return Seconds.of(
                switch (move.tier()) {
                    case HOST -> 2 * move.bytes() / profile.copyBytesPerSecond();
                    case STORAGE ->
                        move.bytes()
                                * mesh.ranks()
                                / (move.fetches() ? drive.readBytesPerSecond() : drive.writeBytesPerSecond());
                });
    }

    private Seconds collective(Kind kind, String axis, double bytesSent, ElementType element) {
        int ways = mesh.size(axis);
        if (kind == Kind.SLICE || ways == 1) {
            return Seconds.ZERO;
        }
        int rounds = kind == Kind.ALL_REDUCE ? 2 : 1;
        Seconds sums = kind == Kind.ALL_GATHER || kind == Kind.ALL_TO_ALL
                ? Seconds.ZERO
                : added((long) (bytesSent / rounds / element.bytes()), element);
        return handled(bytesSent).plus(sums).plus(latency().times(rounds));
    }

    /** As much is received as is sent. */
    private Seconds handled(double bytes) {
        return Seconds.of(bytes
                * (profile.message().sendSecondsPerByte() + profile.message().receiveSecondsPerByte()));
    }

    /** Adding received parts: three elements cross memory for each sum. */
    private Seconds added(long elements, ElementType element) {
        return Seconds.of(3.0 * elements * element.bytes() / profile.copyBytesPerSecond());
    }
}
