package dev.dovetail.ir.model;

import dev.dovetail.ir.block.AdaptiveNorm;
import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Expands one layer: its sub-layers, their norms and what they add to the stream. */
final class ExpandLayer {
    private final Expansion expansion;

    ExpandLayer(Expansion expansion) {
        this.expansion = expansion;
    }

    Flow.Layer layer(Stack stack) {
        Value stream = expansion.stream();
        Map<String, Value> handed = expansion.handedIn();
        Value x = behind(stack, stream, handed);
        return expansion.handOn(x, handed);
    }

    /** The stream behind a layer's sub-layers, which may keep and take what is handed on beside it. */
    Value behind(Stack stack, Value stream, Map<String, Value> handed) {
        Value x = stream;
        Value before = x;
        Value normed = x;
        // Of a modulated sub-layer; the next may share its norm and its gate.
        Value gate = x;
        boolean fixed = !expansion.definition().adaptation().trains("layers");
        Set<String> used = new HashSet<>();
        for (SubLayer subLayer : stack.subLayers()) {
            String name = unique(subLayer.block().schema().name(), used);
            Value input = subLayer.parallel() ? before : subLayer.takes() ? beside(name, x, Flow.take(handed)) : x;
            before = input;
            BlockContext context = expansion.at(input.type()).context(name, subLayer.frozen() || fixed, handed);
            if (subLayer.block().givesStream()) {
                x = subLayer.block().expand(context, subLayer.settings(), input);
                keep(subLayer, x, handed);
                continue;
            }
            if (subLayer.isJoint()) {
                x = joint(context, subLayer, input, handed);
                keep(subLayer, x, handed);
                continue;
            }
            if (subLayer.isModulated()) {
                boolean shares = subLayer.norm() == NormPlace.SHARED;
                AdaptiveNorm adaptive = AdaptiveNorm.of(context, handed.get(BlockContext.CONDITION));
                normed = shares ? normed : adaptive.modulated(input);
                Value branch = subLayer.block().expand(context, subLayer.settings(), normed);
                gate = shares ? gate : adaptive.gate();
                x = AdaptiveNorm.gated(context, x, branch, gate);
                keep(subLayer, x, handed);
                continue;
            }
            normed = switch (subLayer.norm()) {
                case PRE, BOTH -> context.normalize("norm", input, context.width());
                case SHARED -> normed;
                case POST, OUT, NONE -> input;
            };
            x = added(context, subLayer, x, subLayer.block().expand(context, subLayer.settings(), normed));
            keep(subLayer, x, handed);
        }
        return x;
    }

    private static void keep(SubLayer subLayer, Value x, Map<String, Value> handed) {
        if (subLayer.keeps()) {
            Flow.keep(handed, x);
        }
    }

    /** The stream with another beside it: [sequence, batch, width of both]. */
    private Value beside(String name, Value x, Value kept) {
        return expansion.builder().one(name + "_beside", new Join(Names.WIDTH), x, kept);
    }

    /** The picture's stream behind a sub-layer of two streams; the text's goes to what is handed on. */
    private static Value joint(BlockContext ofPicture, SubLayer subLayer, Value x, Map<String, Value> handed) {
        BlockContext ofText = ofPicture.named(ofPicture.prefix() + "_text");
        Value told = handed.get(BlockContext.CONDITION);
        Value text = handed.get(BlockContext.TEXT);
        AdaptiveNorm picture = AdaptiveNorm.of(ofPicture, told);
        AdaptiveNorm beside = AdaptiveNorm.of(ofText, told);
        List<Value> branches = subLayer.block()
                .expandJoint(
                        List.of(ofPicture, ofText),
                        subLayer.settings(),
                        List.of(picture.modulated(x), beside.modulated(text)),
                        subLayer.endsText());
        if (!subLayer.endsText()) {
            handed.put(BlockContext.TEXT, AdaptiveNorm.gated(ofText, text, branches.getLast(), beside.gate()));
        }
        return AdaptiveNorm.gated(ofPicture, x, branches.getFirst(), picture.gate());
    }

    /** The stream behind a sub-layer. */
    private Value added(BlockContext context, SubLayer subLayer, Value x, Value expanded) {
        Value branch = switch (subLayer.norm()) {
            case OUT -> context.normalize("norm", expanded, context.width());
            case BOTH -> context.normalize("out_norm", expanded, context.width());
            case PRE, POST, SHARED, NONE -> expanded;
        };
        if (subLayer.isScaled()) {
            Value factors = context.parameter("layer_scale", List.of(context.width()), Initializer.ONES);
            branch = context.map("scaled", Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), branch, factors);
        }
        Value sum = subLayer.residual() ? context.map("stream", sum(), x, branch) : branch;
        return subLayer.norm() == NormPlace.POST ? context.normalize("norm", sum, context.width()) : sum;
    }

    /** The stream with what a sub-layer adds to it. */
    private ScalarExpr sum() {
        double factor = expansion.definition().multipliers().residual();
        return Scalars.add(Scalars.arg(0), Scalars.multiply(Scalars.constant(factor), Scalars.arg(1)));
    }

    private static String unique(String name, Set<String> used) {
        String candidate = name;
        for (int i = 2; !used.add(candidate); i++) {
            candidate = name + i;
        }
        return candidate;
    }
}
