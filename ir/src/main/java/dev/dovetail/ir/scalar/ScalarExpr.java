package dev.dovetail.ir.scalar;

import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Arithmetic on one element: the single description behind every elementwise kernel and epilogue.
 *
 * <p>It is differentiated symbolically ({@link Derivative}), evaluated in float64 ({@link ScalarEvaluator}) and printed to
 * Java, C and CUDA by the backends.
 */
public sealed interface ScalarExpr {

    /** A literal. */
    record Const(double value) implements ScalarExpr {}

    /** The element of operand {@code index}, broadcast over the dims that the operand lacks. */
    record Arg(int index) implements ScalarExpr {}

    /** The position along a dim of the result (or of the reduced dims), counted within the rank's own shard. */
    record IndexOf(String dim) implements ScalarExpr {}

    /** A number passed at launch, such as a learning rate or the first row of a shard. */
    record Symbol(String name) implements ScalarExpr {}

    /** {@code value}, seen as a constant by differentiation. */
    record Detached(ScalarExpr value) implements ScalarExpr {}

    record Unary(UnaryKind kind, ScalarExpr value) implements ScalarExpr {}

    record Binary(BinaryKind kind, ScalarExpr left, ScalarExpr right) implements ScalarExpr {}

    /** {@code condition != 0 ? then : otherwise}. */
    record Select(ScalarExpr condition, ScalarExpr then, ScalarExpr otherwise) implements ScalarExpr {}

    /** Functions of one number. */
    enum UnaryKind {
        NEGATE,
        EXP,
        LOG,
        SQRT,
        TANH,
        /** 2/√π times the integral of e^(-t²) from 0 to x. */
        ERF,
        /** 1 / (1 + e^-x). */
        SIGMOID;

        boolean isTranscendental() {
            return this != NEGATE && this != SQRT;
        }
    }

    /** Functions of two numbers; comparisons give 1 or 0. */
    enum BinaryKind {
        ADD,
        SUBTRACT,
        MULTIPLY,
        DIVIDE,
        MAX,
        MIN,
        EQUAL,
        LESS
    }

    default List<ScalarExpr> children() {
        return switch (this) {
            case Const c -> List.of();
            case Arg a -> List.of();
            case IndexOf i -> List.of();
            case Symbol s -> List.of();
            case Detached d -> List.of(d.value());
            case Unary u -> List.of(u.value());
            case Binary b -> List.of(b.left(), b.right());
            case Select s -> List.of(s.condition(), s.then(), s.otherwise());
        };
    }

    /** This node over children rewritten by {@code change}, simplified. */
    default ScalarExpr mapChildren(UnaryOperator<ScalarExpr> change) {
        return switch (this) {
            case Const c -> c;
            case Arg a -> a;
            case IndexOf i -> i;
            case Symbol s -> s;
            case Detached d -> new Detached(change.apply(d.value()));
            case Unary u -> Scalars.unary(u.kind(), change.apply(u.value()));
            case Binary b -> Scalars.binary(b.kind(), change.apply(b.left()), change.apply(b.right()));
            case Select s ->
                Scalars.select(change.apply(s.condition()), change.apply(s.then()), change.apply(s.otherwise()));
        };
    }

    /** Replaces arguments bottom-up; {@code replacement} is asked for every {@link Arg}. */
    default ScalarExpr replaceArgs(java.util.function.Function<Arg, ScalarExpr> replacement) {
        return this instanceof Arg arg ? replacement.apply(arg) : mapChildren(c -> c.replaceArgs(replacement));
    }

    /** Floating-point operations one evaluation costs; a transcendental counts as one. */
    default int operations() {
        int own = switch (this) {
            case Const c -> 0;
            case Arg a -> 0;
            case IndexOf i -> 0;
            case Symbol s -> 0;
            case Detached d -> 0;
            case Unary u -> 1;
            case Binary b -> 1;
            case Select s -> 1;
        };
        return own + children().stream().mapToInt(ScalarExpr::operations).sum();
    }

    /** How many exponentials, logarithms and their like one evaluation takes. */
    default int transcendentals() {
        int own = this instanceof Unary unary && unary.kind().isTranscendental() ? 1 : 0;
        return own + children().stream().mapToInt(ScalarExpr::transcendentals).sum();
    }
}
