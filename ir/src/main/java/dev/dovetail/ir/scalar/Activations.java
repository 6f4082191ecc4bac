package dev.dovetail.ir.scalar;

import static dev.dovetail.ir.scalar.Scalars.add;
import static dev.dovetail.ir.scalar.Scalars.arg;
import static dev.dovetail.ir.scalar.Scalars.constant;
import static dev.dovetail.ir.scalar.Scalars.erf;
import static dev.dovetail.ir.scalar.Scalars.multiply;
import static dev.dovetail.ir.scalar.Scalars.sigmoid;
import static dev.dovetail.ir.scalar.Scalars.tanh;

/** The activation functions of the field, as scalar expressions of one argument. */
public final class Activations {
    /** Where gpt-oss clamps the halves of its gated layer. */
    private static final double LIMIT = 7;

    /** The slope of xIELU at zero. */
    private static final double FIXED_SLOPE = 0.5;

    private Activations() {}

    /** GELU in its tanh form (Hendrycks and Gimpel 2016, arXiv:1606.08415): the form GPT-2 and BLOOM use. */
    public static ScalarExpr gelu() {
        ScalarExpr x = arg(0);
        ScalarExpr cubic = add(x, multiply(constant(0.044715), multiply(x, multiply(x, x))));
        ScalarExpr t = tanh(multiply(constant(Math.sqrt(2 / Math.PI)), cubic));
        return multiply(multiply(constant(0.5), x), add(constant(1), t));
    }

    /** x Φ(x), GELU as it is defined (same source): the form of PyTorch's {@code nn.GELU()} and of BERT. */
    public static ScalarExpr geluErf() {
        ScalarExpr x = arg(0);
        return multiply(multiply(constant(0.5), x), add(constant(1), erf(multiply(constant(Math.sqrt(0.5)), x))));
    }

    /** x · sigmoid(1.702 x), the quick approximation of GELU (same source) that CLIP uses. */
    public static ScalarExpr quickGelu() {
        return multiply(arg(0), sigmoid(multiply(constant(1.702), arg(0))));
    }

    /** x · sigmoid(x), the gate of SwiGLU (Shazeer 2020, arXiv:2002.05202). */
    public static ScalarExpr silu() {
        return multiply(arg(0), sigmoid(arg(0)));
    }

    public static ScalarExpr relu() {
        return Scalars.binary(ScalarExpr.BinaryKind.MAX, arg(0), constant(0));
    }

    public static ScalarExpr squaredRelu() {
        return multiply(relu(), relu());
    }

    /** log(1 + e^x). */
    public static ScalarExpr softplus() {
        return Scalars.log(add(constant(1), Scalars.exp(arg(0))));
    }

    /**
     * A parabola above zero and, below, an exponential that ends in a line (Huang and Schlag 2024, arXiv:2411.13010); arguments 1
     * and 2 are the learned slopes of the two.
     */
    public static ScalarExpr xielu() {
        ScalarExpr x = arg(0);
        ScalarExpr line = multiply(constant(FIXED_SLOPE), x);
        ScalarExpr above = add(multiply(arg(1), multiply(x, x)), line);
        // What is not chosen must not overflow.
        ScalarExpr low = Scalars.binary(ScalarExpr.BinaryKind.MIN, x, constant(0));
        ScalarExpr bent = Scalars.subtract(Scalars.subtract(Scalars.exp(low), constant(1)), x);
        ScalarExpr below = add(multiply(add(constant(FIXED_SLOPE), arg(2)), bent), line);
        return Scalars.select(Scalars.binary(ScalarExpr.BinaryKind.LESS, constant(0), x), above, below);
    }

    /** SiLU of a gate that is at most 7, with the sigmoid of 1.702 times it: the gate of gpt-oss. */
    public static ScalarExpr clampedSilu() {
        ScalarExpr x = Scalars.binary(ScalarExpr.BinaryKind.MIN, arg(0), constant(LIMIT));
        return multiply(x, sigmoid(multiply(constant(1.702), x)));
    }

    /** Argument {@code index} kept within ±7, and one more: what that gate scales. */
    public static ScalarExpr clampedLinear(int index) {
        ScalarExpr below = Scalars.binary(ScalarExpr.BinaryKind.MIN, arg(index), constant(LIMIT));
        return add(Scalars.binary(ScalarExpr.BinaryKind.MAX, below, constant(-LIMIT)), constant(1));
    }
}
