package dev.dovetail.ir.model;

import dev.dovetail.ir.block.AdaptiveNorm;
import dev.dovetail.ir.block.BlockContext;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
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

    Graph graph(Stack stack) {
        Value x = expansion.stream();
        Map<String, Value> handed = expansion.handedIn();
        Value before = x;
        Value normed = x;
        boolean fixed = !expansion.definition().adaptation().trains("layers");
        Set<String> used = new HashSet<>();
        for (SubLayer subLayer : stack.subLayers()) {
            subLayer.block().validate(expansion.definition(), subLayer.settings());
            String name = unique(subLayer.block().schema().name(), used);
            BlockContext context = expansion.context(name, subLayer.frozen() || fixed, handed);
            Value input = subLayer.parallel() ? before : x;
            before = input;
            if (subLayer.isModulated()) {
                AdaptiveNorm adaptive = AdaptiveNorm.of(context, handed.get(BlockContext.CONDITION));
                Value branch = subLayer.block().expand(context, subLayer.settings(), adaptive.modulated(input));
                x = adaptive.gated(x, branch);
                continue;
            }
            normed = switch (subLayer.norm()) {
                case PRE, BOTH -> context.normalize("norm", input, context.width());
                case SHARED -> normed;
                case POST, OUT, NONE -> input;
            };
            x = added(context, subLayer, x, subLayer.block().expand(context, subLayer.settings(), normed));
        }
        return expansion.builder().build(expansion.handOn(x, handed));
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
