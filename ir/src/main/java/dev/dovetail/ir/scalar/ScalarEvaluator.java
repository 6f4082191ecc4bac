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

    /** An expression ready to be evaluated many times. */
    @FunctionalInterface
    public interface Evaluation {
        double in(Environment env);
    }

    /** What kind of expression each part is gets looked at once, not at every element. */
    public static Evaluation of(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> {
                double value = c.value();
                yield env -> value;
            }
            case ScalarExpr.Arg a -> {
                int index = a.index();
                yield env -> env.arg(index);
            }
            case ScalarExpr.IndexOf i -> env -> env.indexOf(i.dim());
            case ScalarExpr.Symbol s -> env -> env.symbol(s.name());
            case ScalarExpr.Detached d -> of(d.value());
            case ScalarExpr.Unary u -> {
                UnaryKind kind = u.kind();
                Evaluation value = of(u.value());
                yield env -> apply(kind, value.in(env));
            }
            case ScalarExpr.Binary b -> binary(b.kind(), of(b.left()), of(b.right()));
            case ScalarExpr.Select s -> {
                Evaluation condition = of(s.condition());
                Evaluation then = of(s.then());
                Evaluation otherwise = of(s.otherwise());
                yield env -> condition.in(env) != 0 ? then.in(env) : otherwise.in(env);
            }
        };
    }

    /** The commonest kinds have functions of their own. */
    private static Evaluation binary(BinaryKind kind, Evaluation left, Evaluation right) {
        return switch (kind) {
            case ADD -> env -> left.in(env) + right.in(env);
            case SUBTRACT -> env -> left.in(env) - right.in(env);
            case MULTIPLY -> env -> left.in(env) * right.in(env);
            case DIVIDE, MAX, MIN, EQUAL, LESS -> env -> apply(kind, left.in(env), right.in(env));
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
