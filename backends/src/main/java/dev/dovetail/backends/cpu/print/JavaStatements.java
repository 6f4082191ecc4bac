package dev.dovetail.backends.cpu.print;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Statement;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import java.util.List;
import java.util.stream.Stream;

/** Prints the statements of one function as Java. */
final class JavaStatements {
    private final JavaWords words;
    private final JavaIndexes indexes;
    private final JavaExpressions expressions;

    JavaStatements(JavaWords words, JavaIndexes indexes) {
        this.words = words;
        this.indexes = indexes;
        this.expressions = new JavaExpressions(words, indexes);
    }

    CodeBlock print(List<Statement> statements) {
        var code = CodeBlock.builder();
        statements.forEach(s -> print(s, code));
        return code.build();
    }

    private void print(Statement statement, CodeBlock.Builder code) {
        switch (statement) {
            case Statement.For f -> loop(f, code);
            case Statement.Let l ->
                code.addStatement(
                        "$T $L = $L",
                        words.typeOf(l.value().isVector()),
                        JavaNames.of(l.name()),
                        expressions.print(l.value()));
            case Statement.Assign a ->
                code.addStatement("$L = $L", JavaNames.of(a.name()), expressions.print(a.value()));
            case Statement.LetIndex l ->
                code.addStatement("int $L = $L", JavaNames.of(l.name()), indexes.print(l.value()));
            case Statement.LetMask m ->
                code.addStatement(
                        "$T $L = LANES.indexInRange(0, $L)", words.mask(), m.name(), indexes.print(m.count()));
            case Statement.Store s -> store(s, code);
            case Statement.If i -> branch(i, code);
            case Statement.Call c ->
                code.addStatement("$L(workers, memory$L)", c.function().name(), arguments(c.arguments()));
            case Statement.Parallel p ->
                code.addStatement(
                        "workers.parallel(\n$L, (worker, from, to) -> $L(workers, memory$L, worker, (int) from, (int) to))",
                        indexes.print(p.extent()),
                        p.function().name(),
                        arguments(p.arguments()));
            case Statement.Reserve r ->
                code.addStatement(
                        "$T[] $L = workers.$L($L, $L)",
                        words.number(),
                        JavaNames.of(r.scratch().name()),
                        words.scratchMethod(),
                        indexes.print(r.worker()),
                        r.size());
            case Statement.Comment c -> code.add("// $L\n", c.text());
        }
    }

    private void loop(Statement.For f, CodeBlock.Builder code) {
        boolean captured = f.body().stream().anyMatch(JavaStatements::startsWorkers);
        String name = JavaNames.of(f.counter());
        String counter = captured ? name + "Next" : name;
        CodeBlock advance = f.step() == 1 ? CodeBlock.of("$L++", counter) : CodeBlock.of("$L += $L", counter, f.step());
        code.beginControlFlow(
                "for (int $L = $L; $L < $L; $L)",
                counter,
                indexes.print(f.from()),
                counter,
                indexes.print(f.to()),
                advance);
        if (captured) {
            // Java lambdas capture only what never changes.
            code.addStatement("int $L = $L", name, counter);
        }
        f.body().forEach(s -> print(s, code));
        code.endControlFlow();
    }

    private static boolean startsWorkers(Statement statement) {
        return switch (statement) {
            case Statement.Parallel p -> true;
            case Statement.For f -> f.body().stream().anyMatch(JavaStatements::startsWorkers);
            case Statement.If i ->
                Stream.concat(i.then().stream(), i.otherwise().stream()).anyMatch(JavaStatements::startsWorkers);
            case Statement.Let l -> false;
            case Statement.Assign a -> false;
            case Statement.LetIndex l -> false;
            case Statement.LetMask l -> false;
            case Statement.Store s -> false;
            case Statement.Call c -> false;
            case Statement.Reserve r -> false;
            case Statement.Comment c -> false;
        };
    }

    private void branch(Statement.If i, CodeBlock.Builder code) {
        String relation = switch (i.condition().relation()) {
            case LESS -> "<";
            case EQUAL -> "==";
        };
        code.beginControlFlow(
                "if ($L $L $L)",
                indexes.print(i.condition().left()),
                relation,
                indexes.print(i.condition().right()));
        i.then().forEach(s -> print(s, code));
        if (!i.otherwise().isEmpty()) {
            code.nextControlFlow("else");
            i.otherwise().forEach(s -> print(s, code));
        }
        code.endControlFlow();
    }

    private void store(Statement.Store s, CodeBlock.Builder code) {
        Buffer buffer = s.location().buffer();
        boolean lanes = s.value().isVector() && words.hasVectors();
        String mask = s.mask().map(m -> ", " + m).orElse("");
        CodeBlock value = expressions.print(s.value());
        switch (buffer) {
            case Buffer.Table t -> throw new IllegalArgumentException("table " + t.name() + " is constant");
            case Buffer.Tensor t
            when lanes ->
                code.addStatement(
                        "$L.intoMemorySegment(memory, $L, ORDER$L)", value, indexes.byteOffset(s.location()), mask);
            case Buffer.Tensor t ->
                code.addStatement(
                        "memory.set($L, $L, $L)",
                        words.layout(t.element()),
                        indexes.byteOffset(s.location()),
                        t.element().isFloating() ? value : CodeBlock.of("(int) ($L)", value));
            case Buffer.Scratch x
            when lanes ->
                code.addStatement(
                        "$L.intoArray($L, $L$L)",
                        value,
                        JavaNames.of(x.name()),
                        indexes.arrayIndex(s.location()),
                        mask);
            case Buffer.Scratch x ->
                code.addStatement("$L[$L] = $L", JavaNames.of(x.name()), indexes.arrayIndex(s.location()), value);
        }
    }

    private CodeBlock arguments(List<Argument> arguments) {
        var code = CodeBlock.builder();
        for (Argument argument : arguments) {
            code.add(", ");
            switch (argument) {
                case Argument.OfBuffer b ->
                    code.add("$L", JavaNames.of(b.buffer().name()));
                case Argument.OfIndex i -> code.add("$L", indexes.print(i.index()));
                case Argument.OfSymbol s -> code.add("$L", JavaNames.of(s.name()));
            }
        }
        return code.build();
    }
}
