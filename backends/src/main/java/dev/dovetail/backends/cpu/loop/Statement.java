package dev.dovetail.backends.cpu.loop;

import java.util.List;
import java.util.Optional;

/** One step of a kernel. */
public sealed interface Statement {

    /** Runs {@code body} for counter = from, from + step, … below {@code to}. */
    record For(String counter, Index from, Index to, long step, List<Statement> body) implements Statement {
        public For {
            body = List.copyOf(body);
        }
    }

    /** Names a value that never changes, or, where {@code mutable}, one that {@link Assign} changes. */
    record Let(String name, Expr value, boolean mutable) implements Statement {}

    record Assign(String name, Expr value) implements Statement {}

    record LetIndex(String name, Index value) implements Statement {}

    /** Names the first {@code count} lanes. */
    record LetMask(String name, Index count) implements Statement {}

    /** Writes one element, or one per lane; lanes outside {@code mask} are left alone. */
    record Store(Location location, Expr value, Optional<String> mask) implements Statement {}

    record If(Condition condition, List<Statement> then, List<Statement> otherwise) implements Statement {
        public If {
            then = List.copyOf(then);
            otherwise = List.copyOf(otherwise);
        }
    }

    /** A function of the same kernel; arguments match its parameters in order. */
    record Call(Function function, List<Argument> arguments) implements Statement {
        public Call {
            arguments = List.copyOf(arguments);
        }
    }

    /**
     * Cuts [0, extent) among the workers; each calls {@code function} with the arguments, then its own number and the
     * bounds of its range.
     */
    record Parallel(Index extent, Function function, List<Argument> arguments) implements Statement {
        public Parallel {
            arguments = List.copyOf(arguments);
        }
    }

    /** Scratch of {@code size} elements that belongs to one worker; it holds whatever was left there. */
    record Reserve(Buffer.Scratch scratch, Index worker, long size) implements Statement {}

    record Comment(String text) implements Statement {}

    /** What is handed to a function. */
    sealed interface Argument {
        record OfBuffer(Buffer buffer) implements Argument {}

        record OfIndex(Index index) implements Argument {}

        record OfSymbol(String name) implements Argument {}
    }

    /** A comparison of integers. */
    record Condition(Index left, Relation relation, Index right) {}

    /** Comparisons that kernels branch on. */
    enum Relation {
        LESS,
        EQUAL
    }
}
