package dev.dovetail.ir.scalar;

import static dev.dovetail.ir.scalar.Scalars.add;
import static dev.dovetail.ir.scalar.Scalars.constant;
import static dev.dovetail.ir.scalar.Scalars.divide;
import static dev.dovetail.ir.scalar.Scalars.exp;
import static dev.dovetail.ir.scalar.Scalars.multiply;
import static dev.dovetail.ir.scalar.Scalars.select;
import static dev.dovetail.ir.scalar.Scalars.subtract;

/** Symbolic differentiation of scalar expressions with respect to one argument. */
public final class Derivative {
    private final int arg;

    private Derivative(int arg) {
        this.arg = arg;
    }

    /** d expr / d arg; zero through {@link ScalarExpr.Detached} and through comparisons. */
    public static ScalarExpr of(ScalarExpr expr, int arg) {
        return new Derivative(arg).derive(expr);
    }

    private ScalarExpr derive(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> constant(0);
            case ScalarExpr.Arg a -> constant(a.index() == arg ? 1 : 0);
            case ScalarExpr.IndexOf i -> constant(0);
            case ScalarExpr.Symbol s -> constant(0);
            case ScalarExpr.Detached d -> constant(0);
            case ScalarExpr.Unary u -> multiply(outer(u), derive(u.value()));
            case ScalarExpr.Binary b -> binary(b);
            case ScalarExpr.Select s -> select(s.condition(), derive(s.then()), derive(s.otherwise()));
        };
    }

    private static ScalarExpr outer(ScalarExpr.Unary u) {
        return switch (u.kind()) {
            case NEGATE -> constant(-1);
            case EXP -> u;
            case LOG -> divide(constant(1), u.value());
            case SQRT -> divide(constant(0.5), u);
            case TANH -> subtract(constant(1), multiply(u, u));
            case ERF ->
                multiply(constant(2 / Math.sqrt(Math.PI)), exp(multiply(constant(-1), multiply(u.value(), u.value()))));
            case SIGMOID -> multiply(u, subtract(constant(1), u));
        };
    }

    private ScalarExpr binary(ScalarExpr.Binary b) {
        ScalarExpr x = b.left();
        ScalarExpr y = b.right();
        ScalarExpr dx = derive(x);
        ScalarExpr dy = derive(y);
        return switch (b.kind()) {
            case ADD -> add(dx, dy);
            case SUBTRACT -> subtract(dx, dy);
            case MULTIPLY -> add(multiply(dx, y), multiply(x, dy));
            case DIVIDE -> subtract(divide(dx, y), multiply(divide(b, y), dy));
            case MAX -> select(Scalars.binary(ScalarExpr.BinaryKind.LESS, x, y), dy, dx);
            case MIN -> select(Scalars.binary(ScalarExpr.BinaryKind.LESS, y, x), dy, dx);
            case EQUAL, LESS -> constant(0);
        };
    }
}
