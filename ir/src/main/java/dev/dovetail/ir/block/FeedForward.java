package dev.dovetail.ir.block;

import dev.dovetail.ir.graph.Initializer;
import dev.dovetail.ir.graph.Value;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Arrays;
import java.util.List;
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
    CLAMPED_SWIGLU(true, Activations.clampedSilu()),
    /** A gate of Primer's squared relu (BitNet b1.58 2B4T, arXiv:2504.12285). */
    REGLU2(true, Activations.squaredRelu()),
    /** Two learned slopes a layer (Huang and Schlag 2024, arXiv:2411.13010). */
    XIELU(false, Activations.xielu());

    private static final String SLOPES = "slopes";

    /** The inverse of softplus at 0.8, and at 0.8 less the slope that is fixed. */
    private static final double POSITIVE = Math.log(Math.expm1(0.8));

    private static final double NEGATIVE = Math.log(Math.expm1(0.3));

    private final boolean gated;
    private final ScalarExpr function;

    FeedForward(boolean gated, ScalarExpr function) {
        this.gated = gated;
        this.function = function;
    }

    /** @param learning whether functions that have parameters are among them */
    static EntrySchema entry(boolean learning) {
        String[] words = Arrays.stream(values())
                .filter(function -> learning || function != XIELU)
                .map(FeedForward::spelling)
                .toArray(String[]::new);
        return EntrySchema.choice(
                "activation",
                "gelu unless said, in its tanh form; gelu_erf is exact; swiglu, geglu, geglu_erf, clamped_swiglu and"
                        + " reglu2 are gated" + (learning ? "; xielu has two learned slopes" : ""),
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
        if (this == XIELU) {
            Dim inner = linear.type().dims().getLast();
            Value rising = slope(context, "rising", inner, POSITIVE);
            Value falling = slope(context, "falling", inner, NEGATIVE);
            return context.map("activated", function, linear, rising, falling);
        }
        if (gate.isEmpty()) {
            return context.map("activated", function, linear);
        }
        ScalarExpr other = this == CLAMPED_SWIGLU ? Activations.clampedLinear(1) : Scalars.arg(1);
        return context.map("gated", Scalars.multiply(other, function), gate.get(), linear);
    }

    /** One learned number, softly kept above zero, for each element of the hidden layer: ranks that share it add up its gradient. */
    private static Value slope(BlockContext context, String name, Dim inner, double first) {
        Dim one = Dim.of(SLOPES, 1);
        Value learned = context.parameter(name, List.of(one), new Initializer(first, 0));
        var space = TensorType.of(learned.type().element(), inner, one);
        var each = new MapReduce(Activations.softplus(), space, List.of(SLOPES), Splitting.SUM);
        return context.builder().one(name + "_slope", each, learned);
    }
}
