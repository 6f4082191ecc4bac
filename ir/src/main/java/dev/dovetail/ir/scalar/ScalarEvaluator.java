package dev.dovetail.ir.scalar;

import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The plain float64 meaning of {@link ScalarExpr}; every printed form is compared with it.
 *
 * <p>It evaluates each part of an expression for many elements, one array after another, and a part that occurs twice once.
 */
public final class ScalarEvaluator {

    /** What an expression may read: an array has one number for each element, and is not written to. */
    public interface Elements {
        int count();

        double[] arg(int index);

        double[] indexOf(String dim);

        double symbol(String name);
    }

    /** Beyond this, 1 - erf is below half the last place of 1. */
    private static final double ERF_IS_ONE = 6;

    private final Elements elements;
    private final Map<ScalarExpr, double[]> known = new IdentityHashMap<>();

    private ScalarEvaluator(Elements elements) {
        this.elements = elements;
    }

    /** The expression's value at each element, in an array of its own. */
    public static double[] evaluate(ScalarExpr expr, Elements elements) {
        double[] values = new ScalarEvaluator(elements).of(expr);
        boolean own = expr instanceof ScalarExpr.Unary || expr instanceof ScalarExpr.Binary;
        return own ? values : values.clone();
    }

    private double[] of(ScalarExpr expr) {
        double[] values = known.get(expr);
        if (values == null) {
            values = switch (expr) {
                case ScalarExpr.Const c -> everywhere(c.value());
                case ScalarExpr.Arg a -> elements.arg(a.index());
                case ScalarExpr.IndexOf i -> elements.indexOf(i.dim());
                case ScalarExpr.Symbol s -> everywhere(elements.symbol(s.name()));
                case ScalarExpr.Detached d -> of(d.value());
                case ScalarExpr.Unary u -> apply(u.kind(), of(u.value()));
                case ScalarExpr.Binary b -> apply(b.kind(), of(b.left()), of(b.right()));
                case ScalarExpr.Select s -> select(of(s.condition()), of(s.then()), of(s.otherwise()));
            };
            known.put(expr, values);
        }
        return values;
    }

    private double[] everywhere(double value) {
        double[] values = new double[elements.count()];
        Arrays.fill(values, value);
        return values;
    }

    private static double[] apply(UnaryKind kind, double[] a) {
        double[] values = new double[a.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = apply(kind, a[i]);
        }
        return values;
    }

    /** The commonest kinds have loops of their own. */
    private static double[] apply(BinaryKind kind, double[] a, double[] b) {
        double[] values = new double[a.length];
        switch (kind) {
            case ADD -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = a[i] + b[i];
                }
            }
            case MULTIPLY -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = a[i] * b[i];
                }
            }
            case SUBTRACT, DIVIDE, MAX, MIN, EQUAL, LESS -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = apply(kind, a[i], b[i]);
                }
            }
        }
        return values;
    }

    private static double[] select(double[] condition, double[] then, double[] otherwise) {
        double[] values = new double[condition.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = condition[i] != 0 ? then[i] : otherwise[i];
        }
        return values;
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
