package dev.dovetail.ir.program;

import java.util.List;
import java.util.Map;

/** Whole-number arithmetic over loop variables and mesh coordinates: where a buffer lies, which micro-batch a call takes. */
public sealed interface IndexExpr {

    record Const(long value) implements IndexExpr {
        @Override
        public String toString() {
            return Long.toString(value);
        }
    }

    /** A loop variable or a body's argument, such as {@code layer}. */
    record Variable(String name) implements IndexExpr {
        @Override
        public String toString() {
            return name;
        }
    }

    /** This rank's place along a mesh axis. */
    record Coordinate(String axis) implements IndexExpr {
        @Override
        public String toString() {
            return "@" + axis;
        }
    }

    /** Entry {@code index} of a table: what no formula gives, such as a slot solved for each micro-batch. */
    record Lookup(List<Long> table, IndexExpr index) implements IndexExpr {
        public Lookup {
            table = List.copyOf(table);
        }

        @Override
        public String toString() {
            return table + "[" + index + "]";
        }
    }

    record Binary(Operator operator, IndexExpr left, IndexExpr right) implements IndexExpr {
        @Override
        public String toString() {
            return "(" + left + " " + operator.symbol() + " " + right + ")";
        }
    }

    /** The four operations schedules and strides need; division and remainder are of non-negative numbers. */
    enum Operator {
        ADD("+"),
        MULTIPLY("*"),
        DIVIDE("/"),
        REMAINDER("%");

        private final String symbol;

        Operator(String symbol) {
            this.symbol = symbol;
        }

        public String symbol() {
            return symbol;
        }

        public long apply(long left, long right) {
            return switch (this) {
                case ADD -> Math.addExact(left, right);
                case MULTIPLY -> Math.multiplyExact(left, right);
                case DIVIDE -> left / right;
                case REMAINDER -> left % right;
            };
        }
    }

    static IndexExpr of(long value) {
        return new Const(value);
    }

    static IndexExpr variable(String name) {
        return new Variable(name);
    }

    default IndexExpr plus(IndexExpr other) {
        return combine(Operator.ADD, other);
    }

    default IndexExpr plus(long other) {
        return plus(of(other));
    }

    default IndexExpr times(long factor) {
        return combine(Operator.MULTIPLY, of(factor));
    }

    default IndexExpr dividedBy(long divisor) {
        return combine(Operator.DIVIDE, of(divisor));
    }

    default IndexExpr remainder(long divisor) {
        return combine(Operator.REMAINDER, of(divisor));
    }

    private IndexExpr combine(Operator operator, IndexExpr other) {
        if (this instanceof Const a && other instanceof Const b) {
            return of(operator.apply(a.value(), b.value()));
        }
        boolean addsZero = operator == Operator.ADD && other.equals(of(0));
        boolean timesOne = (operator == Operator.MULTIPLY || operator == Operator.DIVIDE) && other.equals(of(1));
        if (addsZero || timesOne) {
            return this;
        }
        if (operator == Operator.ADD && this.equals(of(0))) {
            return other;
        }
        boolean vanishes = (operator == Operator.MULTIPLY && other.equals(of(0)))
                || (operator == Operator.REMAINDER && other.equals(of(1)));
        return vanishes ? of(0) : new Binary(operator, this, other);
    }

    /** Its value for these variables and coordinates. */
    default long evaluate(Map<String, Long> variables, Map<String, Integer> coordinates) {
        return switch (this) {
            case Const c -> c.value();
            case Variable v -> {
                Long value = variables.get(v.name());
                if (value == null) {
                    throw new IllegalArgumentException("no variable " + v.name() + " among " + variables.keySet());
                }
                yield value;
            }
            case Coordinate c -> coordinates.getOrDefault(c.axis(), 0);
            case Lookup l -> l.table().get(Math.toIntExact(l.index().evaluate(variables, coordinates)));
            case Binary b ->
                b.operator()
                        .apply(
                                b.left().evaluate(variables, coordinates),
                                b.right().evaluate(variables, coordinates));
        };
    }

    /** The same expression with variables replaced; those not named stay. */
    default IndexExpr substitute(Map<String, IndexExpr> replacements) {
        return switch (this) {
            case Const c -> c;
            case Variable v -> replacements.getOrDefault(v.name(), v);
            case Coordinate c -> c;
            case Lookup l -> new Lookup(l.table(), l.index().substitute(replacements));
            case Binary b ->
                b.left()
                        .substitute(replacements)
                        .combine(b.operator(), b.right().substitute(replacements));
        };
    }
}
