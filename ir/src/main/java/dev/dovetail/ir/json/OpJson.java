package dev.dovetail.ir.json;

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
import dev.dovetail.ir.print.ExpressionPrinter;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Operators: {@code {"op": "matmul", …}} with what each record holds. */
final class OpJson {
    private OpJson() {}

    static ObjectNode write(Op op) {
        ObjectNode object = JsonForm.object();
        object.put("op", op.label());
        switch (op) {
            case MatMul m -> strings(object, "result_dims", m.resultDims());
            case MapOp m -> object.put("expression", ExpressionPrinter.print(m.expr()));
            case MapReduce r -> {
                object.put("expression", ExpressionPrinter.print(r.expr()));
                object.set("space", TypeJson.write(r.space()));
                strings(object, "over", r.over());
                object.put("reduction", TypeJson.word(r.reduction()));
            }
            case Normalize n -> {
                object.put("over", n.over());
                object.put("epsilon", n.epsilon());
            }
            case NormalizeGrad n -> object.put("over", n.over());
            case Attend a -> pattern(object, a.pattern());
            case AttendGrad a -> pattern(object, a.pattern());
            case Rotate r -> rotary(object, r.embedding());
            case Gather g -> {
                object.put("rows", g.rows());
                optional(object, "start", g.start());
            }
            case ScatterAdd s -> {
                object.put("rows", s.rows().name());
                object.put("length", s.rows().bound());
                optional(object, "start", s.start());
            }
            case CacheWrite c -> {
                object.put("past", c.past());
                object.put("fresh", c.fresh());
                object.put("start", c.start());
                object.put("ring", c.ring());
            }
            case Route r -> {
                object.put("routes", r.routes());
                object.put("choices", r.choices());
                object.put("capacity", r.capacity());
                object.put("groups", r.groups());
                object.put("kept_groups", r.keptGroups());
                object.put("group_votes", r.groupVotes());
                object.put("balance_loss", r.balanceLoss());
            }
            case Dispatch d -> {
                object.put("experts", d.experts().name());
                object.put("length", d.experts().bound());
                object.put("capacity", d.capacity().bound());
                optional(object, "start", d.start());
                d.stretch().ifPresent(first -> object.put("first_place", first));
            }
            case Combine c -> {
                object.put("experts", c.experts());
                optional(object, "start", c.start());
                c.stretch().ifPresent(first -> object.put("first_place", first));
            }
            case GateGrad g -> {
                object.put("experts", g.experts());
                optional(object, "start", g.start());
                g.stretch().ifPresent(first -> object.put("first_place", first));
            }
            case Join j -> {
                object.put("along", j.along());
                j.whole().forEach(object.withArray("whole")::add);
            }
            case Part p -> {
                object.put("kept", p.kept().name());
                object.put("length", p.kept().bound());
                object.put("first", p.first());
            }
            case Shift s -> {
                object.put("along", s.along());
                object.put("by", s.by());
                carried(object, s.carried());
            }
            case Scan s -> {
                object.put("along", s.along());
                object.put("reverse", s.reverse());
                carried(object, s.carried());
            }
            case Regroup r -> {
                strings(object, "from", r.from().stream().map(Dim::toString).toList());
                strings(object, "to", r.to().stream().map(Dim::toString).toList());
            }
            case Communication c -> {
                object.put("axis", c.axis());
                object.put("ways", c.ways());
                optional(object, "dim", c.dim());
                optional(object, "gathered", c.gathered());
                object.put("reduction", TypeJson.word(c.reduction()));
                if (c.mirrored()) {
                    object.put("mirrored", true);
                }
            }
        }
        return object;
    }

    private static void carried(ObjectNode object, Optional<Carried> carried) {
        carried.ifPresent(ring -> {
            object.put("ring", ring.rows());
            object.put("start", ring.start());
        });
    }

    private static void pattern(ObjectNode object, AttentionPattern pattern) {
        object.put("queries", pattern.queries());
        object.put("keys", pattern.keys());
        object.put("causal", pattern.causal());
        object.put("window", pattern.window());
        object.put("scale", pattern.scale());
        if (pattern.cap() > 0) {
            object.put("cap", pattern.cap());
        }
        object.put("alibi_heads", pattern.alibiHeads());
        optional(object, "head_start", pattern.headStart());
        optional(object, "start", pattern.start());
        if (pattern.mirrored()) {
            object.put("mirrored", true);
        }
    }

    private static void rotary(ObjectNode object, RotaryEmbedding rotary) {
        object.put("theta", rotary.theta());
        object.put("rotated", rotary.rotated());
        rotary.scaling().ifPresent(scaling -> scaling(object, scaling));
        if (rotary.magnitude() != 1) {
            object.put("magnitude", rotary.magnitude());
        }
    }

    private static void scaling(ObjectNode object, RotaryEmbedding.Scaling scaling) {
        switch (scaling) {
            case RotaryEmbedding.Linear l -> object.putObject("linear").put("factor", l.factor());
            case RotaryEmbedding.Stretch s -> {
                ObjectNode stretch = object.putObject("stretch");
                stretch.put("factor", s.factor());
                stretch.put("low_frequency_factor", s.lowFrequencyFactor());
                stretch.put("high_frequency_factor", s.highFrequencyFactor());
                stretch.put("original_context", s.originalContext());
            }
            case RotaryEmbedding.Yarn y -> {
                ObjectNode yarn = object.putObject("yarn");
                yarn.put("factor", y.factor());
                yarn.put("slow_turns", y.slowTurns());
                yarn.put("fast_turns", y.fastTurns());
                yarn.put("original_context", y.originalContext());
                yarn.put("whole", y.whole());
            }
            case RotaryEmbedding.Listed l -> {
                var divisors = object.putArray("divisors");
                l.divisors().forEach(divisors::add);
            }
        }
    }

    private static void strings(ObjectNode object, String key, List<String> values) {
        var array = object.putArray(key);
        values.forEach(array::add);
    }

    /** Absent, not null, where there is nothing to say. */
    private static void optional(ObjectNode object, String key, Optional<String> value) {
        value.ifPresent(text -> object.put(key, text));
    }
}
