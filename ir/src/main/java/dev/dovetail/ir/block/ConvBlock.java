package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/**
 * A short convolution between two gates (LFM2, Liquid AI 2025, arXiv:2511.23404): W (c · conv(b · x)), where b, c and x are
 * projections of the stream, and each channel sees the last few positions of its own.
 */
public final class ConvBlock implements Block {
    private static final Schema SCHEMA = Schema.of(
            "conv",
            EntrySchema.count("taps", "positions that it sees, its own with them; 3 unless said"),
            EntrySchema.count("inner", "channels; as many as the width unless said"),
            EntrySchema.choice(
                    "bias",
                    "whether projections and the convolution have biases; as the model unless said",
                    "none",
                    "all"));

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public void validate(ModelDefinition model, Settings settings) {
        for (String entry : List.of("taps", "inner")) {
            if (settings.count(entry).orElse(1L) < 1) {
                throw new BlockException(
                        settings.originOf(entry), "`" + entry + "` is at least 1", "leave it out for the usual size");
            }
        }
    }

    @Override
    public Value expand(BlockContext context, Settings settings, Value stream) {
        var channels = List.of(Dim.of(Names.INNER, settings.count("inner").orElse((long)
                context.model().width())));
        var width = List.of(context.width());
        boolean bias = settings.word("bias")
                .map(word -> word.equals("all"))
                .orElse(context.model().biases());
        Value before = context.project("gate_in", stream, width, channels, bias, context.weight());
        Value behind = context.project("gate_out", stream, width, channels, bias, context.weight());
        Value in = context.project("in", stream, width, channels, bias, context.weight());
        ScalarExpr product = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
        int taps = settings.count("taps").orElse(3L).intValue();
        Value seen = new CausalConvolution(context, taps, bias)
                .plain("conv", context.map("opened", product, before, in), channels);
        return context.project(
                "out", context.map("gated", product, behind, seen), channels, width, bias, context.residualOutput());
    }
}
