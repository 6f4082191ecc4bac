package dev.dovetail.ir.scalar;

import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;

/** The plain float64 meaning of {@link ScalarExpr}; every printed form is compared with it. */
public final class ScalarEvaluator {

    /** What an expression may read while it is evaluated. */
    public interface Environment {
        double arg(int index);

        double indexOf(String dim);

        double symbol(String name);
    }

    /** Beyond this, 1 - erf is below half the last place of 1. */
    private static final double ERF_IS_ONE = 6;

    private ScalarEvaluator() {}

    public static double evaluate(ScalarExpr expr, Environment env) {
        return switch (expr) {
            case ScalarExpr.Const c -> c.value();
            case ScalarExpr.Arg a -> env.arg(a.index());
            case ScalarExpr.IndexOf i -> env.indexOf(i.dim());
            case ScalarExpr.Symbol s -> env.symbol(s.name());
            case ScalarExpr.Detached d -> evaluate(d.value(), env);
            case ScalarExpr.Unary u -> apply(u.kind(), evaluate(u.value(), env));
            case ScalarExpr.Binary b -> apply(b.kind(), evaluate(b.left(), env), evaluate(b.right(), env));
            case ScalarExpr.Select s ->
                evaluate(s.condition(), env) != 0 ? evaluate(s.then(), env) : evaluate(s.otherwise(), env);
        };
    }

    static double apply(UnaryKind kind, double a) {
        return switch (kind) {
            case NEGATE -> -a;
            case EXP -> Math.exp(a);
            case LOG -> Math.log(a);
            case SQRT -> Math.sqrt(a);
            case TANH -> Math.tanh(a);
            case ERF -> erf(a);
            case SIGMOID -> 1 / (1 + Math.exp(-a));
        };
    }

    /** erf x = 2/√π e^(-x²) Σ 2^n x^(2n+1) / (1·3·…·(2n+1)), where no two terms cancel (Abramowitz and Stegun, 7.1.6). */
    private static double erf(double x) {
        if (Double.isNaN(x) || Math.abs(x) > ERF_IS_ONE) {
            return Math.signum(x);
        }
        double sum = 0;
        double term = x;
        for (int odd = 3; sum + term != sum; odd += 2) {
            sum += term;
            term *= 2 * x * x / odd;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    static double apply(BinaryKind kind, double a, double b) {
        return switch (kind) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case EQUAL -> a == b ? 1 : 0;
            case LESS -> a < b ? 1 : 0;
        };
    }
}
