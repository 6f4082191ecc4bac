package dev.dovetail.ir.print;

import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.scalar.ScalarExpr;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/** Prints index and scalar expressions with no more parentheses than they need. */
public final class ExpressionPrinter {
    private static final int SUM = 1;
    private static final int PRODUCT = 2;
    private static final int ATOM = 3;

    private ExpressionPrinter() {}

    /** {@code saved + microbatch % 4 * 4096}; a mesh coordinate is {@code @data}. */
    public static String print(IndexExpr expr) {
        return print(expr, SUM);
    }

    private static String print(IndexExpr expr, int around) {
        return switch (expr) {
            case IndexExpr.Const c -> Long.toString(c.value());
            case IndexExpr.Variable v -> v.name();
            case IndexExpr.Coordinate c -> "@" + c.axis();
            case IndexExpr.Lookup l ->
                l.table().stream().map(Object::toString).collect(Collectors.joining(", ", "[", "]")) + "["
                        + print(l.index(), SUM) + "]";
            case IndexExpr.Binary b -> {
                // A chain (s + 128) + 64 reads as one sum.
                if (b.operator() == IndexExpr.Operator.ADD && isNumberAfterNumber(b)) {
                    var left = (IndexExpr.Binary) b.left();
                    long sum = ((IndexExpr.Const) left.right()).value() + ((IndexExpr.Const) b.right()).value();
                    yield print(new IndexExpr.Binary(b.operator(), left.left(), IndexExpr.of(sum)), around);
                }
                int own = b.operator() == IndexExpr.Operator.ADD ? SUM : PRODUCT;
                int right = b.operator() == IndexExpr.Operator.ADD ? SUM : ATOM;
                String text = print(b.left(), own) + " " + b.operator().symbol() + " " + print(b.right(), right);
                yield own < around ? "(" + text + ")" : text;
            }
        };
    }

    private static boolean isNumberAfterNumber(IndexExpr.Binary sum) {
        return sum.right() instanceof IndexExpr.Const
                && sum.left() instanceof IndexExpr.Binary left
                && left.operator() == IndexExpr.Operator.ADD
                && left.right() instanceof IndexExpr.Const;
    }

    /** {@code $0 * sigmoid($0)}: {@code $n} is operand n, {@code index(dim)} a position, other words are launch symbols. */
    public static String print(ScalarExpr expr) {
        return print(expr, index -> "$" + index);
    }

    /** The same with operands under the names {@code operand} gives them. */
    public static String print(ScalarExpr expr, IntFunction<String> operand) {
        return print(expr, SUM, operand);
    }

    private static String print(ScalarExpr expr, int around, IntFunction<String> operand) {
        return switch (expr) {
            case ScalarExpr.Const c -> number(c.value());
            case ScalarExpr.Arg a -> operand.apply(a.index());
            case ScalarExpr.IndexOf i -> "index(" + i.dim() + ")";
            case ScalarExpr.Symbol s -> s.name();
            case ScalarExpr.Detached d -> call("detach", operand, d.value());
            case ScalarExpr.Unary u -> call(u.kind().name().toLowerCase(Locale.ROOT), operand, u.value());
            case ScalarExpr.Select s -> call("select", operand, s.condition(), s.then(), s.otherwise());
            case ScalarExpr.Binary b -> binary(b, around, operand);
        };
    }

    private static String binary(ScalarExpr.Binary b, int around, IntFunction<String> operand) {
        return switch (b.kind()) {
            case ADD -> infix(b, " + ", SUM, SUM, around, operand);
            case SUBTRACT -> infix(b, " - ", SUM, PRODUCT, around, operand);
            case MULTIPLY -> infix(b, " * ", PRODUCT, PRODUCT, around, operand);
            case DIVIDE -> infix(b, " / ", PRODUCT, ATOM, around, operand);
            case MAX -> call("max", operand, b.left(), b.right());
            case MIN -> call("min", operand, b.left(), b.right());
            case EQUAL -> call("equal", operand, b.left(), b.right());
            case LESS -> call("less", operand, b.left(), b.right());
        };
    }

    private static String infix(
            ScalarExpr.Binary b, String symbol, int own, int right, int around, IntFunction<String> operand) {
        String text = print(b.left(), own, operand) + symbol + print(b.right(), right, operand);
        return own < around ? "(" + text + ")" : text;
    }

    private static String call(String name, IntFunction<String> operand, ScalarExpr... arguments) {
        return List.of(arguments).stream()
                .map(argument -> print(argument, SUM, operand))
                .collect(Collectors.joining(", ", name + "(", ")"));
    }

    /** The shortest decimal that reads back as the same double; whole numbers without a fraction. */
    public static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            return Long.toString((long) value);
        }
        return Double.isFinite(value) && Math.abs(value) >= 1e-4 && Math.abs(value) < 1e15
                ? new BigDecimal(Double.toString(value)).toPlainString()
                : Double.toString(value).replace(".0E", "e").replace('E', 'e');
    }
}
