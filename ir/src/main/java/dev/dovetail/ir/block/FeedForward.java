package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The hidden layer that mlp and moe share: which functions there are, and what a gate does. */
enum FeedForward {
    GELU(false, Activations.gelu()),
    GELU_ERF(false, Activations.geluErf()),
    QUICK_GELU(false, Activations.quickGelu()),
    RELU(false, Activations.relu()),
    SILU(false, Activations.silu()),
    /** Primer's squared relu (So et al. 2021, arXiv:2109.08668). */
    RELU2(false, Activations.squaredRelu()),
    SWIGLU(true, Activations.silu()),
    GEGLU(true, Activations.gelu()),
    GEGLU_ERF(true, Activations.geluErf()),
    /** SwiGLU as gpt-oss has it: both halves kept within ±7, a steeper sigmoid, and one more on the linear half. */
    CLAMPED_SWIGLU(true, Activations.clampedSilu());

    private final boolean gated;
    private final ScalarExpr function;

    FeedForward(boolean gated, ScalarExpr function) {
        this.gated = gated;
        this.function = function;
    }

    static EntrySchema entry() {
        String[] words = Arrays.stream(values()).map(FeedForward::spelling).toArray(String[]::new);
        return EntrySchema.choice(
                "activation",
                "gelu unless said, in its tanh form; gelu_erf is exact; swiglu, geglu, geglu_erf and clamped_swiglu are gated",
                words);
    }

    static FeedForward of(Optional<String> word) {
        return valueOf(word.orElse("gelu").toUpperCase(Locale.ROOT));
    }

    private String spelling() {
        return name().toLowerCase(Locale.ROOT);
    }

    boolean isGated() {
        return gated;
    }

    /** What the hidden layer holds; {@code gate} where the function is gated. */
    Value hidden(BlockContext context, Value linear, Optional<Value> gate) {
        if (gate.isEmpty()) {
            return context.map("activated", function, linear);
        }
        ScalarExpr other = this == CLAMPED_SWIGLU ? Activations.clampedLinear(1) : Scalars.arg(1);
        return context.map("gated", Scalars.multiply(other, function), gate.get(), linear);
    }
}
