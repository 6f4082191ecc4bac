package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.Dim;
import java.util.List;

/** The position-wise feed-forward sub-layer, plain or gated (SwiGLU and GEGLU: Shazeer 2020, arXiv:2002.05202). */
public final class MlpBlock implements Block {

    private static final Schema SCHEMA = Schema.of(
            "mlp",
            EntrySchema.count("inner", "width of the hidden layer").mandatory(),
            EntrySchema.choice(
                    "activation",
                    "gelu unless said; swiglu and geglu are gated",
                    "gelu",
                    "relu",
                    "silu",
                    "swiglu",
                    "geglu"),
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
        String activation = settings.word("activation").orElse("gelu");
        Value hidden = context.project("in", x, width, inner, bias, context.weight());
        if (isGated(activation)) {
            Value gate = context.project("gate", x, width, inner, bias, context.weight());
            hidden = context.map("gated", Scalars.multiply(Scalars.arg(1), function(activation)), gate, hidden);
        } else {
            hidden = context.map("activated", function(activation), hidden);
        }
        return context.project("out", hidden, inner, width, bias, context.residualOutput());
    }

    private static boolean isGated(String activation) {
        return activation.equals("swiglu") || activation.equals("geglu");
    }

    private static ScalarExpr function(String activation) {
        return switch (activation) {
            case "gelu", "geglu" -> Activations.gelu();
            case "relu" -> Activations.relu();
            case "silu", "swiglu" -> Activations.silu();
            default -> throw new IllegalArgumentException("no activation " + activation);
        };
    }
}
