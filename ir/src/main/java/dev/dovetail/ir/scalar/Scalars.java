package dev.dovetail.ir.scalar;

import dev.dovetail.ir.scalar.ScalarExpr.Arg;
import dev.dovetail.ir.scalar.ScalarExpr.Binary;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.Const;
import dev.dovetail.ir.scalar.ScalarExpr.Detached;
import dev.dovetail.ir.scalar.ScalarExpr.Select;
import dev.dovetail.ir.scalar.ScalarExpr.Unary;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;

/** Builds scalar expressions, folding the identities that differentiation leaves behind (x + 0, x · 1, x · 0). */
public final class Scalars {
    private static final Const ZERO = new Const(0);
    private static final Const ONE = new Const(1);

    private Scalars() {}

    public static ScalarExpr constant(double value) {
        return new Const(value);
    }

    public static ScalarExpr arg(int index) {
        return new Arg(index);
    }

    public static ScalarExpr add(ScalarExpr a, ScalarExpr b) {
        return binary(BinaryKind.ADD, a, b);
    }

    public static ScalarExpr subtract(ScalarExpr a, ScalarExpr b) {
        return binary(BinaryKind.SUBTRACT, a, b);
    }

    public static ScalarExpr multiply(ScalarExpr a, ScalarExpr b) {
        return binary(BinaryKind.MULTIPLY, a, b);
    }

    public static ScalarExpr divide(ScalarExpr a, ScalarExpr b) {
        return binary(BinaryKind.DIVIDE, a, b);
    }

    public static ScalarExpr exp(ScalarExpr a) {
        return unary(UnaryKind.EXP, a);
    }

    public static ScalarExpr log(ScalarExpr a) {
        return unary(UnaryKind.LOG, a);
    }

    public static ScalarExpr sqrt(ScalarExpr a) {
        return unary(UnaryKind.SQRT, a);
    }

    public static ScalarExpr tanh(ScalarExpr a) {
        return unary(UnaryKind.TANH, a);
    }

    public static ScalarExpr erf(ScalarExpr a) {
        return unary(UnaryKind.ERF, a);
    }

    public static ScalarExpr sigmoid(ScalarExpr a) {
        return unary(UnaryKind.SIGMOID, a);
    }

    public static ScalarExpr detach(ScalarExpr a) {
        return new Detached(a);
    }

    public static ScalarExpr unary(UnaryKind kind, ScalarExpr a) {
        if (a instanceof Const c) {
            return folded(ScalarEvaluator.apply(kind, c.value()));
        }
        return new Unary(kind, a);
    }

    public static ScalarExpr binary(BinaryKind kind, ScalarExpr a, ScalarExpr b) {
        if (a instanceof Const x && b instanceof Const y) {
            return folded(ScalarEvaluator.apply(kind, x.value(), y.value()));
        }
        return switch (kind) {
            case ADD -> a.equals(ZERO) ? b : b.equals(ZERO) ? a : new Binary(kind, a, b);
            case SUBTRACT -> b.equals(ZERO) ? a : new Binary(kind, a, b);
            case MULTIPLY -> foldProduct(a, b);
            case DIVIDE -> a.equals(ZERO) ? ZERO : b.equals(ONE) ? a : new Binary(kind, a, b);
            case MAX, MIN, EQUAL, LESS -> new Binary(kind, a, b);
        };
    }

    /** Zero has one sign here, or -1 · 0 would pass for a slope that is not zero. */
    private static ScalarExpr folded(double value) {
        return new Const(value + 0.0);
    }

    public static ScalarExpr select(ScalarExpr condition, ScalarExpr then, ScalarExpr otherwise) {
        return then.equals(otherwise) ? then : new Select(condition, then, otherwise);
    }

    private static ScalarExpr foldProduct(ScalarExpr a, ScalarExpr b) {
        if (a.equals(ZERO) || b.equals(ZERO)) {
            return ZERO;
        }
        return a.equals(ONE) ? b : b.equals(ONE) ? a : new Binary(BinaryKind.MULTIPLY, a, b);
    }
}
