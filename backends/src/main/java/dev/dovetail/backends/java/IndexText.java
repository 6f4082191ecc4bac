package dev.dovetail.backends.java;

import dev.dovetail.ir.program.IndexExpr;
import dev.dovetail.ir.program.IndexExpr.Operator;
import java.util.ArrayList;
import java.util.List;

/** Whole-number expressions as Java: the constants of a sum come together, first where they have a name. */
record IndexText(Names names) {
    private static final int SUM = 1;
    private static final int PRODUCT = 2;
    private static final int ATOM = 3;

    /** How the class that an expression is printed into calls things. */
    interface Names {
        String variable(String name);

        /** A field with the entries of {@code table}. */
        String table(List<Long> table);

        /** A field with this rank's place along an axis. */
        String coordinate(String axis);

        /** A constant of a sum, at least one cache line; an address. */
        default String address(long bytes) {
            return constant(bytes);
        }

        /** What {@code counted} is multiplied by, at least one cache line; a stride. */
        default String stride(IndexExpr counted, long bytes) {
            return constant(bytes);
        }
    }

    static String constant(long value) {
        return value > Integer.MAX_VALUE ? value + "L" : Long.toString(value);
    }

    String print(IndexExpr expr) {
        return print(expr, SUM);
    }

    private String print(IndexExpr expr, int least) {
        return switch (expr) {
            case IndexExpr.Const c -> isBytes(c.value()) ? names.address(c.value()) : constant(c.value());
            case IndexExpr.Variable v -> names.variable(v.name());
            case IndexExpr.Coordinate c -> names.coordinate(c.axis());
            case IndexExpr.Lookup l -> names.table(l.table()) + "[(int) " + print(l.index(), ATOM) + "]";
            case IndexExpr.Binary b when b.operator() == Operator.ADD -> parenthesized(sum(b), least > SUM);
            case IndexExpr.Binary b -> parenthesized(product(b), least > PRODUCT);
        };
    }

    private static String parenthesized(String text, boolean needed) {
        return needed ? "(" + text + ")" : text;
    }

    private String sum(IndexExpr.Binary expr) {
        var terms = new ArrayList<IndexExpr>();
        long constant = collect(expr, terms);
        var text = new StringBuilder();
        String number = constant == 0 ? "" : print(IndexExpr.of(constant));
        boolean first = terms.isEmpty() || negated(terms.getFirst()) || !number.equals(constant(constant));
        if (first) {
            text.append(number);
        }
        for (IndexExpr term : terms) {
            text.append(text.isEmpty() ? "" : negated(term) ? " - " : " + ");
            text.append(negated(term) ? print(((IndexExpr.Binary) term).left(), PRODUCT) : print(term, SUM));
        }
        return first || number.isEmpty() ? text.toString() : text + " + " + number;
    }

    private static boolean negated(IndexExpr term) {
        return term instanceof IndexExpr.Binary b
                && b.operator() == Operator.MULTIPLY
                && b.right().equals(IndexExpr.of(-1));
    }

    /** Flattens nested sums; the constants are added up. */
    private static long collect(IndexExpr expr, List<IndexExpr> terms) {
        if (expr instanceof IndexExpr.Const c) {
            return c.value();
        }
        if (expr instanceof IndexExpr.Binary b && b.operator() == Operator.ADD) {
            return collect(b.left(), terms) + collect(b.right(), terms);
        }
        terms.add(expr);
        return 0;
    }

    private String product(IndexExpr.Binary b) {
        // A product of a remainder reads better with its parentheses, though the language needs none.
        boolean mixed = b.left() instanceof IndexExpr.Binary left && left.operator() != b.operator();
        String left = print(b.left(), mixed ? ATOM : PRODUCT);
        boolean strides =
                b.operator() == Operator.MULTIPLY && b.right() instanceof IndexExpr.Const c && isBytes(c.value());
        String right = strides ? names.stride(b.left(), ((IndexExpr.Const) b.right()).value()) : print(b.right(), ATOM);
        return left + " " + b.operator().symbol() + " " + right;
    }

    private static boolean isBytes(long value) {
        return value >= 64 && value % 64 == 0;
    }
}
