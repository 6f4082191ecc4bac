package dev.dovetail.backends.cpu.loop;

import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.ScalarExpr.UnaryKind;
import java.util.Optional;

/**
 * A floating-point value of the kernel's element type: one number, or one per lane. Where an operator meets a number and
 * lanes, the number is broadcast.
 */
public sealed interface Expr {

    /** Whether this holds one number per lane. */
    boolean isVector();

    record Literal(double value) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    record Local(String name, boolean isVector) implements Expr {}

    /** A launch argument of the kernel, always passed in double precision. */
    record Symbol(String name) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    record Load(Location location) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    /** Consecutive elements, one per lane; lanes outside {@code mask} are zero and touch no memory. */
    record LoadVector(Location location, Optional<String> mask) implements Expr {
        @Override
        public boolean isVector() {
            return true;
        }
    }

    /** The same number in every lane. */
    record Broadcast(Expr value) implements Expr {
        @Override
        public boolean isVector() {
            return true;
        }
    }

    /** An integer as a number. */
    record FromIndex(Index index) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    /** first, first + 1, first + 2, … over the lanes. */
    record Ramp(Index first) implements Expr {
        @Override
        public boolean isVector() {
            return true;
        }
    }

    /** Cosine or sine of steps · frequency, formed in double precision: positions times frequencies lose too much in f32. */
    record Turn(boolean sine, Index steps, Location frequency) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    record Unary(UnaryKind kind, Expr value) implements Expr {
        @Override
        public boolean isVector() {
            return value.isVector();
        }
    }

    record Binary(BinaryKind kind, Expr left, Expr right) implements Expr {
        @Override
        public boolean isVector() {
            return left.isVector() || right.isVector();
        }
    }

    /** {@code condition != 0 ? then : otherwise}. */
    record Select(Expr condition, Expr then, Expr otherwise) implements Expr {
        @Override
        public boolean isVector() {
            return condition.isVector() || then.isVector() || otherwise.isVector();
        }
    }

    /** a · b + c rounded once. */
    record Fma(Expr a, Expr b, Expr c) implements Expr {
        @Override
        public boolean isVector() {
            return a.isVector() || b.isVector() || c.isVector();
        }
    }

    /** All lanes combined into one number by ADD, MAX or MIN; with a mask, only the lanes in it. */
    record Reduce(BinaryKind kind, Expr value, Optional<String> mask) implements Expr {
        @Override
        public boolean isVector() {
            return false;
        }
    }

    static Expr literal(double value) {
        return new Literal(value);
    }

    default Expr plus(Expr other) {
        return new Binary(BinaryKind.ADD, this, other);
    }

    default Expr minus(Expr other) {
        return new Binary(BinaryKind.SUBTRACT, this, other);
    }

    default Expr times(Expr other) {
        return new Binary(BinaryKind.MULTIPLY, this, other);
    }

    default Expr over(Expr other) {
        return new Binary(BinaryKind.DIVIDE, this, other);
    }

    default Expr max(Expr other) {
        return new Binary(BinaryKind.MAX, this, other);
    }

    /** this · factor + addend. */
    default Expr fma(Expr factor, Expr addend) {
        return new Fma(this, factor, addend);
    }

    default Expr exp() {
        return new Unary(UnaryKind.EXP, this);
    }

    default Expr sqrt() {
        return new Unary(UnaryKind.SQRT, this);
    }

    default Expr broadcast() {
        return isVector() ? this : new Broadcast(this);
    }

    default Expr sumOfLanes() {
        return new Reduce(BinaryKind.ADD, this, Optional.empty());
    }
}
