package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;
import java.util.Optional;

/** The position-wise feed-forward sub-layer, plain or gated (SwiGLU and GEGLU: Shazeer 2020, arXiv:2002.05202). */
public final class MlpBlock implements Block {

    private static final Schema SCHEMA = Schema.of(
            "mlp",
            EntrySchema.count("inner", "width of the hidden layer").mandatory(),
            FeedForward.entry(true),
            EntrySchema.flag("inner_norm", "the hidden layer is normalised, with a scale of its own (BitNet)"),
            EntrySchema.choice("bias", "whether projections have a bias", "none", "all"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        if (settings.count("inner").orElseThrow() < 1) {
            throw new BlockException(
                    settings.originOf("inner"), "mlp needs a positive inner width", "say `inner 4 * width`");
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value x) {
        var inner = List.of(Dim.of(Names.INNER, settings.count("inner").orElseThrow()));
        var width = List.of(context.width());
        boolean bias = settings.word("bias")
                .map(b -> b.equals("all"))
                .orElse(context.model().biases());
        FeedForward function = FeedForward.of(settings.word("activation"));
        Value linear = context.project("in", x, width, inner, bias, context.weight());
        Optional<Value> gate = function.isGated()
                ? Optional.of(context.project("gate", x, width, inner, bias, context.weight()))
                : Optional.empty();
        Value hidden = function.hidden(context, linear, gate);
        if (settings.has("inner_norm")) {
            hidden = ComposedNorm.scaled(context, "inner_norm", hidden, inner, inner);
        }
        return context.project("out", hidden, inner, width, bias, context.residualOutput());
    }

    /** A function without a gate, by its word. */
    public static Value activated(BlockContext context, String word, Value x) {
        return FeedForward.of(Optional.of(word)).hidden(context, x, Optional.empty());
    }
}
