package dev.dovetail.backends.cpu.loop;

/** An integer in a kernel: loop counters, positions in elements, extents. Constants fold as they are combined. */
public sealed interface Index {

    record Constant(long value) implements Index {}

    /** A loop counter, a parameter or a named intermediate. */
    record Named(String name) implements Index {}

    record Arithmetic(Operator operator, Index left, Index right) implements Index {}

    /** An I32 read from memory. */
    record Read(Location location) implements Index {}

    /** Operators on integers; division and remainder are of non-negative numbers. */
    enum Operator {
        ADD,
        SUBTRACT,
        MULTIPLY,
        DIVIDE,
        REMAINDER,
        LEAST,
        GREATEST;

        long apply(long a, long b) {
            return switch (this) {
                case ADD -> a + b;
                case SUBTRACT -> a - b;
                case MULTIPLY -> a * b;
                case DIVIDE -> a / b;
                case REMAINDER -> a % b;
                case LEAST -> Math.min(a, b);
                case GREATEST -> Math.max(a, b);
            };
        }
    }

    Index ZERO = new Constant(0);

    static Index of(long value) {
        return value == 0 ? ZERO : new Constant(value);
    }

    static Index named(String name) {
        return new Named(name);
    }

    default Index plus(Index other) {
        return is(0) ? other : other.is(0) ? this : combine(Operator.ADD, other);
    }

    default Index plus(long other) {
        return plus(of(other));
    }

    default Index minus(Index other) {
        return other.is(0) ? this : equals(other) ? ZERO : combine(Operator.SUBTRACT, other);
    }

    default Index times(Index other) {
        if (is(0) || other.is(0)) {
            return ZERO;
        }
        return is(1) ? other : other.is(1) ? this : combine(Operator.MULTIPLY, other);
    }

    default Index times(long other) {
        return times(of(other));
    }

    default Index dividedBy(Index other) {
        return other.is(1) ? this : combine(Operator.DIVIDE, other);
    }

    default Index dividedBy(long other) {
        return dividedBy(of(other));
    }

    default Index modulo(Index other) {
        return other.is(1) ? ZERO : combine(Operator.REMAINDER, other);
    }

    /** The smallest number of pieces of size {@code piece} that cover this many elements. */
    default Index piecesOf(long piece) {
        return plus(piece - 1).dividedBy(piece);
    }

    /** The largest multiple of {@code piece} that is not above this. */
    default Index floorTo(long piece) {
        return piece == 1 ? this : minus(modulo(of(piece)));
    }

    default Index least(Index other) {
        return equals(other) ? this : combine(Operator.LEAST, other);
    }

    default Index greatest(Index other) {
        return equals(other) ? this : combine(Operator.GREATEST, other);
    }

    default boolean is(long value) {
        return this instanceof Constant c && c.value() == value;
    }

    private Index combine(Operator operator, Index other) {
        if (this instanceof Constant a && other instanceof Constant b) {
            return of(operator.apply(a.value(), b.value()));
        }
        // (x + c) + d and (x * c) * d keep one constant, so that printed offsets stay short.
        if (this instanceof Arithmetic a
                && a.operator() == operator
                && (operator == Operator.ADD || operator == Operator.MULTIPLY)
                && a.right() instanceof Constant c
                && other instanceof Constant d) {
            return new Arithmetic(operator, a.left(), of(operator.apply(c.value(), d.value())));
        }
        return new Arithmetic(operator, this, other);
    }
}
