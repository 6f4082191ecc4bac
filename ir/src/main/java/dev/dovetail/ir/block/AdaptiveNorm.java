package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * adaLN-Zero (Peebles and Xie 2022, arXiv:2212.09748): a layer norm that learns nothing, whose scale and shift, and the gate on
 * what follows, are projected from what a picture is conditioned on. The projections start at zero, so a layer starts as identity.
 *
 * @param activated [batch, condition]: SiLU of the condition
 */
public record AdaptiveNorm(BlockContext context, Value activated) {

    /** @param condition [batch, condition] */
    public static AdaptiveNorm of(BlockContext context, Value condition) {
        return new AdaptiveNorm(context, context.map("condition_activated", Activations.silu(), condition));
    }

    /** norm(x) · (1 + scale) + shift. */
    public Value modulated(Value x) {
        Value centred = ComposedNorm.centred(context, "norm", x, List.of(context.width()));
        Value normed = ComposedNorm.scaled(context, "norm", centred, List.of(context.width()), List.of());
        var scaled = Scalars.multiply(Scalars.arg(0), Scalars.add(Scalars.constant(1), Scalars.arg(1)));
        return context.map(
                "modulated", Scalars.add(scaled, Scalars.arg(2)), normed, projected("scale"), projected("shift"));
    }

    /** What branches are multiplied by: [batch, width]. */
    public Value gate() {
        return projected("gate");
    }

    /** x + gate · branch. */
    public static Value gated(BlockContext context, Value x, Value branch, Value gate) {
        var gated = Scalars.multiply(Scalars.arg(1), Scalars.arg(2));
        return context.map("stream", Scalars.add(Scalars.arg(0), gated), x, branch, gate);
    }

    private Value projected(String name) {
        Dim condition = activated.type().dims().getLast();
        return context.project(
                "modulate_" + name, activated, List.of(condition), List.of(context.width()), true, Initializer.ZEROS);
    }
}
