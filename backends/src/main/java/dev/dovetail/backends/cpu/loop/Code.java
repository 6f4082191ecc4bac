package dev.dovetail.backends.cpu.loop;

import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.backends.cpu.loop.Statement.Condition;
import dev.dovetail.backends.cpu.loop.Statement.Relation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Writes the body of one function, statement by statement; a name is unique within its scope. */
public final class Code {
    private final List<Statement> statements = new ArrayList<>();
    /** Names visible here. */
    private final Set<String> names;
    /** Names of values anywhere in the function: a value may be added before a loop whose body is already written. */
    private final Set<String> values;
    /** Every name anywhere in the function. */
    private final Set<String> all;

    private Code(Set<String> names, Set<String> values, Set<String> all) {
        this.names = new HashSet<>(names);
        this.values = values;
        this.all = all;
    }

    private Code inner() {
        return new Code(names, values, all);
    }

    /** An empty body in which the parameters' names are taken. */
    public static Code of(List<Function.Parameter> parameters) {
        var taken = new HashSet<>(Set.of("memory", "workers"));
        parameters.forEach(p -> taken.add(p.name()));
        return new Code(taken, new HashSet<>(), new HashSet<>(taken));
    }

    /** A function whose body is what {@code write} writes. */
    public static Function function(
            String name, String purpose, List<Function.Parameter> parameters, Consumer<Code> write) {
        Code code = of(parameters);
        write.accept(code);
        return new Function(name, purpose, parameters, code.statements());
    }

    public List<Statement> statements() {
        return List.copyOf(statements);
    }

    private String fresh(String wanted) {
        String name = wanted;
        for (int i = 2; names.contains(name) || values.contains(name); i++) {
            name = wanted + "_" + i;
        }
        names.add(name);
        all.add(name);
        return name;
    }

    private String freshValue(String wanted) {
        String name = wanted;
        for (int i = 2; all.contains(name); i++) {
            name = wanted + "_" + i;
        }
        values.add(name);
        all.add(name);
        return name;
    }

    /** A loop over counter = from, from + step, … below {@code to}; left out where it never runs, unrolled where it runs once. */
    public void loop(String counter, Index from, Index to, long step, BiConsumer<Code, Index> body) {
        if (from instanceof Index.Constant a && to instanceof Index.Constant b && b.value() <= a.value() + step) {
            if (b.value() > a.value()) {
                body.accept(this, from);
            }
            return;
        }
        Code inner = inner();
        String name = inner.fresh(counter);
        body.accept(inner, Index.named(name));
        statements.add(new Statement.For(name, from, to, step, inner.statements));
    }

    public void loop(String counter, Index to, BiConsumer<Code, Index> body) {
        loop(counter, Index.ZERO, to, 1, body);
    }

    public Expr let(String wanted, Expr value) {
        String name = freshValue(wanted);
        statements.add(new Statement.Let(name, value, false));
        return new Expr.Local(name, value.isVector());
    }

    /** A variable that {@link #assign} may change. */
    public Expr.Local variable(String wanted, Expr value) {
        String name = freshValue(wanted);
        statements.add(new Statement.Let(name, value, true));
        return new Expr.Local(name, value.isVector());
    }

    public void assign(Expr.Local variable, Expr value) {
        statements.add(new Statement.Assign(variable.name(), value));
    }

    /** Names an index, unless it is short enough to repeat. */
    public Index letIndex(String wanted, Index value) {
        if (!(value instanceof Index.Arithmetic) && !(value instanceof Index.Read)) {
            return value;
        }
        String name = fresh(wanted);
        statements.add(new Statement.LetIndex(name, value));
        return Index.named(name);
    }

    /** A mask of the first {@code count} lanes. */
    public String mask(Index count) {
        String name = fresh("tail");
        statements.add(new Statement.LetMask(name, count));
        return name;
    }

    public void store(Location location, Expr value) {
        store(location, value, Optional.empty());
    }

    public void store(Location location, Expr value, Optional<String> mask) {
        statements.add(new Statement.Store(location, value, mask));
    }

    public void when(Index left, Relation relation, Index right, Consumer<Code> then) {
        choose(left, relation, right, then, nothing -> {});
    }

    /** Decided here where both sides are constants. */
    public void choose(Index left, Relation relation, Index right, Consumer<Code> then, Consumer<Code> otherwise) {
        if (left instanceof Index.Constant a && right instanceof Index.Constant b) {
            boolean holds = switch (relation) {
                case LESS -> a.value() < b.value();
                case EQUAL -> a.value() == b.value();
            };
            (holds ? then : otherwise).accept(this);
            return;
        }
        Code yes = inner();
        then.accept(yes);
        Code no = inner();
        otherwise.accept(no);
        statements.add(new Statement.If(new Condition(left, relation, right), yes.statements, no.statements));
    }

    public void call(Function function, List<Argument> arguments) {
        statements.add(new Statement.Call(function, arguments));
    }

    public void parallel(Index extent, Function function, List<Argument> arguments) {
        statements.add(new Statement.Parallel(extent, function, arguments));
    }

    public Buffer.Scratch reserve(Buffer.Scratch scratch, Index worker, long size) {
        names.add(scratch.name());
        all.add(scratch.name());
        statements.add(new Statement.Reserve(scratch, worker, size));
        return scratch;
    }

    public void comment(String text) {
        statements.add(new Statement.Comment(text));
    }
}
