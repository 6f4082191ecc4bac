package dev.dovetail.backends.report.plan;

import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.timing.InstructionCost;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What the instructions of a body cost, by the kind of work. */
record BodyCost(Map<String, Double> seconds) {

    static BodyCost of(RankClass rank, Body body, InstructionCost cost) {
        var seconds = new LinkedHashMap<String, Double>();
        double[] each = cost.seconds(rank, body.instructions());
        for (int i = 0; i < each.length; i++) {
            double taken = each[i];
            work(body.instructions().get(i)).ifPresent(work -> seconds.merge(work, taken, Double::sum));
        }
        return new BodyCost(seconds);
    }

    /** The kind of work that takes most, with its share; empty where nothing takes time. */
    Optional<String> largest() {
        double total =
                seconds.values().stream().mapToDouble(Double::doubleValue).sum();
        return seconds.entrySet().stream()
                .filter(work -> work.getValue() > 0)
                .max(Map.Entry.comparingByValue())
                .map(work -> String.format(Locale.ROOT, "%s, %.0f %%", work.getKey(), 100 * work.getValue() / total));
    }

    /** Empty for what takes no time on any hardware. */
    private static Optional<String> work(Instruction instruction) {
        return switch (instruction) {
            case Instruction.Compute c -> Optional.of(work(c.op()));
            case Instruction.Exchange e -> Optional.of("exchange over " + e.op().axis());
            case Instruction.Begin b ->
                Optional.of("exchange over " + b.exchange().op().axis());
            case Instruction.Await a ->
                Optional.of("exchange over " + a.exchange().op().axis());
            case Instruction.FlatExchange e -> Optional.of("exchange over " + e.axis());
            case Instruction.TiedReduce t -> Optional.of("exchange of tied parameters");
            case Instruction.Send s -> Optional.of("send");
            case Instruction.Receive r -> Optional.of("receive");
            case Instruction.Load l -> Optional.of("input");
            case Instruction.RecordLoss r -> Optional.of("loss");
            case Instruction.Zero z -> Optional.of("clearing memory");
            case Instruction.Update u -> Optional.of("parameter update");
            case Instruction.Move m -> Optional.of("offload");
            case Instruction.Deliver d -> Optional.of("output");
            case Instruction.Allocate a -> Optional.empty();
            case Instruction.Free f -> Optional.empty();
        };
    }

    private static String work(Op op) {
        return switch (op) {
            case MatMul m -> "matrix products";
            case Attend a -> "attention";
            case AttendGrad a -> "attention";
            case MapOp m -> "elementwise work";
            case MapReduce m -> "reductions";
            case Normalize n -> "norms";
            case NormalizeGrad n -> "norms";
            case Rotate r -> "rotation";
            case Gather g -> "lookups";
            case ScatterAdd s -> "scattered sums";
            case CacheWrite c -> "cache writes";
            case Route r -> "routing";
            case Dispatch d -> "dispatch to experts";
            case Combine c -> "combination of experts";
            case GateGrad g -> "combination of experts";
            case Join j -> "copies";
            case Part p -> "copies";
            case Shift s -> "copies";
            case Regroup r -> "copies";
            case Scan s -> "scans";
            case Communication c -> "exchange over " + c.axis();
        };
    }
}
