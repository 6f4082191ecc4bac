package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.ir.scalar.ScalarExpr;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Turns element expressions into kernel expressions; what an expression uses twice is computed once, and what does not
 * change along the innermost loop is computed before it.
 */
final class ScalarLowering {

    /** What the leaves of an expression become. */
    interface Leaves {
        /** Loads operand {@code index}. */
        Expr arg(int index);

        Expr indexOf(String dim);

        Expr symbol(String name);
    }

    private final Code code;
    private final Leaves leaves;
    private final Map<ScalarExpr, Integer> uses;
    private final Map<ScalarExpr, Expr> known = new HashMap<>();
    private final Predicate<ScalarExpr> isOuter;
    private final ScalarLowering outer;

    private ScalarLowering(
            Code code,
            Leaves leaves,
            Map<ScalarExpr, Integer> uses,
            Predicate<ScalarExpr> isOuter,
            ScalarLowering outer) {
        this.code = code;
        this.leaves = leaves;
        this.uses = uses;
        this.isOuter = isOuter;
        this.outer = outer == null ? this : outer;
    }

    /** Lowers into {@code code}, where nothing is invariant. */
    static ScalarLowering into(Code code, Leaves leaves, List<ScalarExpr> roots) {
        var uses = new HashMap<ScalarExpr, Integer>();
        roots.forEach(root -> count(root, uses));
        return new ScalarLowering(code, leaves, uses, leaf -> false, null);
    }

    /** Lowers into a loop's body; leaves for which {@code invariant} holds, and all built from them, go before the loop. */
    ScalarLowering inLoop(Code body, Leaves bodyLeaves, Predicate<ScalarExpr> invariant) {
        return new ScalarLowering(body, bodyLeaves, uses, invariant, this);
    }

    private static void count(ScalarExpr expr, Map<ScalarExpr, Integer> uses) {
        if (uses.merge(expr, 1, Integer::sum) == 1) {
            expr.children().forEach(child -> count(child, uses));
        }
    }

    Expr lower(ScalarExpr expr) {
        if (outer != this && isInvariant(expr) && !(expr instanceof ScalarExpr.Const)) {
            return outer.named(expr);
        }
        if (known.containsKey(expr)) {
            return known.get(expr);
        }
        Expr value = build(expr);
        if (worthNaming(expr)) {
            value = name(expr, value);
        }
        return value;
    }

    private Expr named(ScalarExpr expr) {
        Expr value = lower(expr);
        return value instanceof Expr.Local || value instanceof Expr.Literal ? value : name(expr, value);
    }

    private Expr name(ScalarExpr expr, Expr value) {
        Expr local = code.let(expr instanceof ScalarExpr.Arg arg ? "x" + arg.index() : "t1", value);
        known.put(expr, local);
        return local;
    }

    private boolean worthNaming(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> false;
            case ScalarExpr.Symbol s -> false;
            case ScalarExpr.Detached d -> false;
            case ScalarExpr.Arg a -> true;
            case ScalarExpr.IndexOf i -> uses.get(expr) > 1;
            case ScalarExpr.Unary u -> uses.get(expr) > 1;
            case ScalarExpr.Binary b -> uses.get(expr) > 1;
            case ScalarExpr.Select s -> uses.get(expr) > 1;
        };
    }

    private boolean isInvariant(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> true;
            case ScalarExpr.Symbol s -> true;
            case ScalarExpr.Arg a -> isOuter.test(a);
            case ScalarExpr.IndexOf i -> isOuter.test(i);
            case ScalarExpr.Detached d -> isInvariant(d.value());
            case ScalarExpr.Unary u -> isInvariant(u.value());
            case ScalarExpr.Binary b -> isInvariant(b.left()) && isInvariant(b.right());
            case ScalarExpr.Select s -> s.children().stream().allMatch(this::isInvariant);
        };
    }

    private Expr build(ScalarExpr expr) {
        return switch (expr) {
            case ScalarExpr.Const c -> Expr.literal(c.value());
            case ScalarExpr.Symbol s -> leaves.symbol(s.name());
            case ScalarExpr.Arg a -> leaves.arg(a.index());
            case ScalarExpr.IndexOf i -> leaves.indexOf(i.dim());
            case ScalarExpr.Detached d -> lower(d.value());
            case ScalarExpr.Unary u -> new Expr.Unary(u.kind(), lower(u.value()));
            case ScalarExpr.Binary b -> new Expr.Binary(b.kind(), lower(b.left()), lower(b.right()));
            case ScalarExpr.Select s -> new Expr.Select(lower(s.condition()), lower(s.then()), lower(s.otherwise()));
        };
    }
}
