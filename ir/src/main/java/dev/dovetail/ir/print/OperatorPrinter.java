package dev.dovetail.ir.print;

import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Carried;
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
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Shift;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Prints an operator applied to named operands: {@code matmul(x, w)}, {@code map x * sigmoid(x)}. */
public final class OperatorPrinter {
    private OperatorPrinter() {}

    /** @param operands the operands' names */
    public static String print(Op op, List<String> operands) {
        String call = op.label() + "(" + String.join(", ", operands) + ")";
        return switch (op) {
            case MatMul m -> call;
            case MapOp m -> "map " + ExpressionPrinter.print(m.expr(), operands::get);
            case MapReduce r ->
                r.reduction().name().toLowerCase(Locale.ROOT) + " over " + String.join(", ", r.over()) + " of "
                        + ExpressionPrinter.print(r.expr(), operands::get);
            case Normalize n -> call + " over " + n.over() + " epsilon " + ExpressionPrinter.number(n.epsilon());
            case NormalizeGrad n -> call + " over " + n.over();
            case Attend a -> call + pattern(a.pattern());
            case AttendGrad a -> call + pattern(a.pattern());
            case Rotate r ->
                call + " theta " + ExpressionPrinter.number(r.embedding().theta()) + " of "
                        + r.embedding().rotated()
                        + r.embedding().scaling().map(OperatorPrinter::scaling).orElse("");
            case Gather g -> call + " rows " + g.rows() + from(g.start());
            case ScatterAdd s -> call + " rows " + s.rows().name() + from(s.start());
            case CacheWrite c -> call + " along " + c.past() + " from " + c.start();
            case Route r -> call + " " + r.choices() + " of " + r.routes() + groups(r) + ", capacity " + r.capacity();
            case Dispatch d -> call + " to " + d.experts() + from(d.start()) + place(d.stretch());
            case Combine c -> call + " over " + c.experts() + from(c.start()) + place(c.stretch());
            case GateGrad g -> call + " over " + g.experts() + from(g.start()) + place(g.stretch());
            case Join j -> call + " along " + j.along();
            case Part p -> call + " " + p.kept() + " from " + p.first();
            case Shift s -> call + " by " + s.by() + " along " + s.along() + going(s.carried());
            case Scan s -> call + " along " + s.along() + going(s.carried());
            case Regroup r -> call + " " + r.from() + " as " + r.to();
            case Communication c -> call + " among " + c.ways() + " " + c.axis() + along(c);
        };
    }

    private static String place(Optional<Long> stretch) {
        return stretch.map(first -> ", places from " + first).orElse("");
    }

    private static String scaling(RotaryEmbedding.Scaling scaling) {
        return switch (scaling) {
            case RotaryEmbedding.Linear l -> " divided by " + ExpressionPrinter.number(l.factor());
            case RotaryEmbedding.Stretch s -> " stretched " + ExpressionPrinter.number(s.factor());
            case RotaryEmbedding.Yarn y -> " yarn " + ExpressionPrinter.number(y.factor());
            case RotaryEmbedding.Listed l -> " divided by " + l.divisors().size() + " numbers";
        };
    }

    private static String groups(Route route) {
        return route.keptGroups() < route.groups()
                ? " in " + route.keptGroups() + " of " + route.groups() + " groups"
                : "";
    }

    private static String going(Optional<Carried> carried) {
        return carried.map(ring -> ", on from " + ring.start()).orElse("");
    }

    private static String from(Optional<String> start) {
        return start.map(symbol -> " from " + symbol).orElse("");
    }

    static String along(Communication exchange) {
        return exchange.gathered().map(dim -> " from " + dim).orElse("")
                + exchange.dim().map(dim -> " along " + dim).orElse("")
                + (exchange.mirrored() ? ", mirrored" : "");
    }

    private static String pattern(AttentionPattern pattern) {
        var words = new ArrayList<String>();
        words.add(pattern.causal() ? "causal" : "all keys");
        words.add("scale " + ExpressionPrinter.number(pattern.scale()));
        if (pattern.cap() > 0) {
            words.add("capped at " + ExpressionPrinter.number(pattern.cap()));
        }
        if (pattern.window() > 0) {
            words.add("window " + pattern.window());
        }
        if (pattern.alibiHeads() > 0) {
            words.add("alibi of " + pattern.alibiHeads());
        }
        pattern.headStart().ifPresent(symbol -> words.add("heads from " + symbol));
        pattern.start()
                .ifPresent(symbol -> words.add("queries from " + symbol + (pattern.mirrored() ? ", mirrored" : "")));
        return " " + String.join(", ", words);
    }
}
