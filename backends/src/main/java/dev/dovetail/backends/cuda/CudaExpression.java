package dev.dovetail.backends.cuda;

import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import dev.dovetail.ir.tensor.ElementType;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Prints scalar expressions as CUDA C++, naming what occurs more than once. */
public final class CudaExpression {
    private static final int SUM = 1;
    private static final int PRODUCT = 2;
    private static final int ATOM = 3;
    /** Text beyond this many characters gets a name. */
    private static final int LONGEST = 60;

    private final ElementType real;
    private final IntFunction<String> args;
    private final Function<String, String> positions;
    private final Map<ScalarExpr, Integer> uses = new HashMap<>();
    private final Map<ScalarExpr, String> names = new LinkedHashMap<>();
    private CudaWriter writer = new CudaWriter();

    /** A printed expression and how tightly its outermost operator binds. */
    private record Printed(String text, int binding) {
        String atLeast(int wanted) {
            return binding >= wanted ? text : "(" + text + ")";
        }
    }

    /**
     * Prints in the arithmetic of {@code real}.
     *
     * @param args the variable that holds an operand's element
     * @param positions the variable that counts along a dim
     */
    public CudaExpression(ElementType real, IntFunction<String> args, Function<String, String> positions) {
        this.real = real;
        this.args = args;
        this.positions = positions;
    }

    /** Writes what the expressions share to {@code target} and returns each as text. */
    public List<String> print(CudaWriter target, List<ScalarExpr> expressions) {
        writer = target;
        expressions.forEach(this::count);
        return expressions.stream().map(expr -> print(expr).text()).toList();
    }

    private void count(ScalarExpr expr) {
        if (uses.merge(expr, 1, Integer::sum) == 1) {
            expr.children().forEach(this::count);
        }
    }

    private Printed print(ScalarExpr expr) {
        if (names.containsKey(expr)) {
            return new Printed(names.get(expr), ATOM);
        }
        Printed printed = inline(expr);
        boolean shared = uses.get(expr) > 1 && expr.operations() > 0;
        if (!shared && printed.text().length() <= LONGEST) {
            return printed;
        }
        names.put(expr, "t" + names.size());
        writer.line("const real " + names.get(expr) + " = " + printed.text() + ";");
        return new Printed(names.get(expr), ATOM);
    }

    private Printed inline(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> new Printed(literal(c.value()), c.value() < 0 ? SUM : ATOM);
            case ScalarExpr.Arg a -> new Printed(args.apply(a.index()), ATOM);
            case ScalarExpr.IndexOf i -> cast(positions.apply(i.dim()));
            case ScalarExpr.Symbol s -> cast(new LaunchSymbol(s.name(), LaunchSymbol.Kind.NUMBER).parameter());
            case ScalarExpr.Detached d -> print(d.value());
            case ScalarExpr.Unary u -> unary(u.kind(), print(u.value()));
            case ScalarExpr.Binary b -> binary(b.kind(), print(b.left()), print(b.right()));
            case ScalarExpr.Select s ->
                new Printed(
                        "(" + condition(s.condition()) + " ? "
                                + print(s.then()).text() + " : "
                                + print(s.otherwise()).text() + ")",
                        ATOM);
        };
    }

    private static Printed cast(String variable) {
        return new Printed("static_cast<real>(" + variable + ")", ATOM);
    }

    private String condition(ScalarExpr expr) {
        if (expr instanceof ScalarExpr.Binary b && b.kind() == BinaryKind.LESS) {
            return print(b.left()).atLeast(SUM) + " < " + print(b.right()).atLeast(SUM);
        }
        if (expr instanceof ScalarExpr.Binary b && b.kind() == BinaryKind.EQUAL) {
            return print(b.left()).atLeast(SUM) + " == " + print(b.right()).atLeast(SUM);
        }
        return print(expr).atLeast(SUM) + " != " + literal(0);
    }

    private static Printed unary(UnaryKind kind, Printed x) {
        return switch (kind) {
            case NEGATE -> new Printed("-" + x.atLeast(ATOM), SUM);
            case EXP -> call("exponential", x);
            case LOG -> call("logarithm", x);
            case SQRT -> call("square_root", x);
            case TANH -> call("hyperbolic_tangent", x);
            case ERF -> call("error_function", x);
            case SIGMOID -> call("sigmoid", x);
        };
    }

    private static Printed call(String function, Printed x) {
        return new Printed(function + "(" + x.text() + ")", ATOM);
    }

    private Printed binary(BinaryKind kind, Printed a, Printed b) {
        return switch (kind) {
            case ADD -> new Printed(a.atLeast(SUM) + " + " + b.atLeast(PRODUCT), SUM);
            case SUBTRACT -> new Printed(a.atLeast(SUM) + " - " + b.atLeast(PRODUCT), SUM);
            case MULTIPLY -> new Printed(a.atLeast(PRODUCT) + " * " + b.atLeast(ATOM), PRODUCT);
            case DIVIDE -> new Printed(a.atLeast(PRODUCT) + " / " + b.atLeast(ATOM), PRODUCT);
            case MAX -> new Printed("maximum<real>(" + a.text() + ", " + b.text() + ")", ATOM);
            case MIN -> new Printed("minimum<real>(" + a.text() + ", " + b.text() + ")", ATOM);
            case EQUAL -> truth(a, "==", b);
            case LESS -> truth(a, "<", b);
        };
    }

    private Printed truth(Printed a, String relation, Printed b) {
        String test = a.atLeast(SUM) + " " + relation + " " + b.atLeast(SUM);
        return new Printed("(" + test + " ? " + literal(1) + " : " + literal(0) + ")", ATOM);
    }

    private String literal(double value) {
        return literal(value, real);
    }

    /** {@code value} as a C++ literal of {@code real}. */
    public static String literal(double value, ElementType real) {
        if (Double.isInfinite(value)) {
            return (value > 0 ? "-" : "") + "negative_infinity<real>()";
        }
        if (Double.isNaN(value)) {
            throw new IllegalArgumentException("an expression holds a constant that is not a number");
        }
        return real == ElementType.F64 ? Double.toString(value) : Float.toString((float) value) + "f";
    }
}
