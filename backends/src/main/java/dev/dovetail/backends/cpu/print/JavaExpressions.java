package dev.dovetail.backends.cpu.print;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.backends.cpu.RuntimeNames;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import java.util.Locale;
import java.util.Optional;

/** Prints floating-point expressions as Java: vectors through the Vector API, numbers as plain arithmetic. */
record JavaExpressions(JavaWords words, JavaIndexes indexes) {

    CodeBlock print(Expr expr) {
        return expr.isVector() && words.hasVectors() ? vector(expr) : number(expr, false);
    }

    private boolean isLanes(Expr expr) {
        return expr.isVector() && words.hasVectors();
    }

    // Numbers. `nested` asks for parentheses around operators.

    private CodeBlock number(Expr expr, boolean nested) {
        return switch (expr) {
            case Expr.Literal l -> CodeBlock.of("$L", words.literal(l.value()));
            case Expr.Local l -> CodeBlock.of("$L", JavaNames.of(l.name()));
            case Expr.Symbol s -> CodeBlock.of(words.isFloat() ? "(float) $L" : "$L", JavaNames.of(s.name()));
            case Expr.Load l -> load(l.location());
            case Expr.LoadVector l -> load(l.location());
            case Expr.Broadcast b -> number(b.value(), nested);
            case Expr.FromIndex f -> CodeBlock.of("($T) ($L)", words.number(), indexes.print(f.index()));
            case Expr.Ramp r -> CodeBlock.of("($T) ($L)", words.number(), indexes.print(r.first()));
            case Expr.Turn t ->
                narrowed(CodeBlock.of(
                        "Math.$L(($L) * $L)", t.sine() ? "sin" : "cos", indexes.print(t.steps()), load(t.frequency())));
            case Expr.Unary u -> numberUnary(u);
            case Expr.Binary b -> parenthesised(numberBinary(b), nested && isInfix(b.kind()));
            case Expr.Select s ->
                CodeBlock.of(
                        "($L ? $L : $L)", test(s.condition()), number(s.then(), true), number(s.otherwise(), true));
            case Expr.Fma f ->
                CodeBlock.of("Math.fma($L, $L, $L)", number(f.a(), false), number(f.b(), false), number(f.c(), false));
            case Expr.Reduce r -> isLanes(r.value()) ? reduced(r) : number(r.value(), nested);
        };
    }

    private CodeBlock reduced(Expr.Reduce r) {
        CodeBlock lanes = vector(r.value());
        String masked = r.mask().map(m -> ", " + m).orElse("");
        return r.kind() == BinaryKind.ADD
                ? CodeBlock.of("$T.sum($L$L)", RuntimeNames.LANE_MATH, lanes, masked)
                : CodeBlock.of("$L.reduceLanes($T.$L$L)", lanes, JavaWords.OPERATORS, reduction(r.kind()), masked);
    }

    private CodeBlock load(Location location) {
        return switch (location.buffer()) {
            case Buffer.Tensor t ->
                CodeBlock.of("memory.get($L, $L)", words.layout(t.element()), indexes.byteOffset(location));
            case Buffer.Scratch s -> CodeBlock.of("$L[$L]", JavaNames.of(s.name()), indexes.arrayIndex(location));
            case Buffer.Table t -> CodeBlock.of("$L[$L]", t.name(), indexes.arrayIndex(location));
        };
    }

    private CodeBlock numberUnary(Expr.Unary u) {
        CodeBlock x = number(u.value(), false);
        return switch (u.kind()) {
            case NEGATE -> CodeBlock.of("-$L", number(u.value(), true));
            case EXP -> narrowed(CodeBlock.of("Math.exp($L)", x));
            case LOG -> narrowed(CodeBlock.of("Math.log($L)", x));
            case SQRT -> narrowed(CodeBlock.of("Math.sqrt($L)", x));
            case TANH -> narrowed(CodeBlock.of("Math.tanh($L)", x));
            case ERF -> narrowed(CodeBlock.of("$T.erf($L)", RuntimeNames.ERROR_FUNCTION, x));
            case SIGMOID -> narrowed(CodeBlock.of("(1 / (1 + Math.exp(-$L)))", number(u.value(), true)));
        };
    }

    private CodeBlock narrowed(CodeBlock inDouble) {
        return words.isFloat() ? CodeBlock.of("(float) $L", inDouble) : inDouble;
    }

    private static boolean isInfix(BinaryKind kind) {
        return switch (kind) {
            case ADD, SUBTRACT, MULTIPLY, DIVIDE -> true;
            case MAX, MIN, EQUAL, LESS -> false;
        };
    }

    private static CodeBlock parenthesised(CodeBlock code, boolean needed) {
        return needed ? CodeBlock.of("($L)", code) : code;
    }

    private CodeBlock numberBinary(Expr.Binary b) {
        CodeBlock x = number(b.left(), true);
        CodeBlock y = number(b.right(), true);
        return switch (b.kind()) {
            case ADD -> CodeBlock.of("$L + $L", x, y);
            case SUBTRACT -> CodeBlock.of("$L - $L", x, y);
            case MULTIPLY -> CodeBlock.of("$L * $L", x, y);
            case DIVIDE -> CodeBlock.of("$L / $L", x, y);
            case MAX -> CodeBlock.of("Math.max($L, $L)", x, y);
            case MIN -> CodeBlock.of("Math.min($L, $L)", x, y);
            case EQUAL, LESS -> CodeBlock.of("($L ? $L : $L)", test(b), words.literal(1), words.literal(0));
        };
    }

    /** A Java condition that holds where {@code expr != 0}. */
    private CodeBlock test(Expr expr) {
        if (expr instanceof Expr.Binary b && b.kind() == BinaryKind.LESS) {
            return CodeBlock.of("$L < $L", number(b.left(), true), number(b.right(), true));
        }
        if (expr instanceof Expr.Binary b && b.kind() == BinaryKind.EQUAL) {
            return CodeBlock.of("$L == $L", number(b.left(), true), number(b.right(), true));
        }
        return CodeBlock.of("$L != 0", number(expr, true));
    }

    // Lanes.

    private CodeBlock vector(Expr expr) {
        return switch (expr) {
            case Expr.Local l -> CodeBlock.of("$L", JavaNames.of(l.name()));
            case Expr.LoadVector l -> loadVector(l.location(), l.mask());
            case Expr.Broadcast b -> broadcast(b.value());
            case Expr.Ramp r -> CodeBlock.of("$L.addIndex(1)", broadcast(new Expr.FromIndex(r.first())));
            case Expr.Unary u -> vectorUnary(u);
            case Expr.Binary b -> vectorBinary(b);
            case Expr.Select s -> select(s);
            case Expr.Fma f -> CodeBlock.of("$L.fma($L, $L)", lanes(f.a()), lanes(f.b()), lanes(f.c()));
            case Expr.Literal l -> broadcast(l);
            case Expr.Symbol s -> broadcast(s);
            case Expr.Load l -> broadcast(l);
            case Expr.FromIndex f -> broadcast(f);
            case Expr.Turn t -> broadcast(t);
            case Expr.Reduce r -> broadcast(r);
        };
    }

    private CodeBlock lanes(Expr expr) {
        return isLanes(expr) ? vector(expr) : broadcast(expr);
    }

    private CodeBlock broadcast(Expr number) {
        return CodeBlock.of("$T.broadcast(LANES, $L)", words.vector(), number(number, false));
    }

    private CodeBlock loadVector(Location location, Optional<String> mask) {
        String masked = mask.map(m -> ", " + m).orElse("");
        return switch (location.buffer()) {
            case Buffer.Table t ->
                CodeBlock.of(
                        "$T.fromArray(LANES, $L, $L$L)",
                        words.vector(),
                        t.name(),
                        indexes.arrayIndex(location),
                        masked);
            case Buffer.Tensor t ->
                CodeBlock.of(
                        "$T.fromMemorySegment(LANES, memory, $L, ORDER$L)",
                        words.vector(),
                        indexes.byteOffset(location),
                        masked);
            case Buffer.Scratch s ->
                CodeBlock.of(
                        "$T.fromArray(LANES, $L, $L$L)",
                        words.vector(),
                        JavaNames.of(s.name()),
                        indexes.arrayIndex(location),
                        masked);
        };
    }

    private CodeBlock vectorUnary(Expr.Unary u) {
        CodeBlock x = vector(u.value());
        return switch (u.kind()) {
            case NEGATE -> CodeBlock.of("$L.neg()", x);
            case SQRT -> CodeBlock.of("$L.sqrt()", x);
            case EXP, LOG, TANH ->
                CodeBlock.of(
                        "$T.$L($L)", RuntimeNames.LANE_MATH, u.kind().name().toLowerCase(Locale.ROOT), x);
            case ERF -> CodeBlock.of("$T.erf($L)", RuntimeNames.ERROR_FUNCTION, x);
            case SIGMOID ->
                CodeBlock.of(
                        "$L.div($T.exp($L.neg()).add($L))",
                        broadcast(Expr.literal(1)),
                        RuntimeNames.LANE_MATH,
                        x,
                        words.literal(1));
        };
    }

    private CodeBlock vectorBinary(Expr.Binary b) {
        CodeBlock x = lanes(b.left());
        CodeBlock y = isLanes(b.right()) ? vector(b.right()) : number(b.right(), false);
        return switch (b.kind()) {
            case ADD -> CodeBlock.of("$L.add($L)", x, y);
            case SUBTRACT -> CodeBlock.of("$L.sub($L)", x, y);
            case MULTIPLY -> CodeBlock.of("$L.mul($L)", x, y);
            case DIVIDE -> CodeBlock.of("$L.div($L)", x, y);
            case MAX -> CodeBlock.of("$L.max($L)", x, y);
            case MIN -> CodeBlock.of("$L.min($L)", x, y);
            case EQUAL, LESS ->
                CodeBlock.of("$L.blend($L, $L)", broadcast(Expr.literal(0)), words.literal(1), compare(b));
        };
    }

    private CodeBlock compare(Expr.Binary b) {
        CodeBlock y = isLanes(b.right()) ? vector(b.right()) : number(b.right(), false);
        String operator = b.kind() == BinaryKind.LESS ? "LT" : "EQ";
        return CodeBlock.of("$L.compare($T.$L, $L)", lanes(b.left()), JavaWords.OPERATORS, operator, y);
    }

    private CodeBlock select(Expr.Select s) {
        if (!isLanes(s.condition())) {
            return CodeBlock.of("($L ? $L : $L)", test(s.condition()), lanes(s.then()), lanes(s.otherwise()));
        }
        boolean comparison =
                s.condition() instanceof Expr.Binary b && (b.kind() == BinaryKind.LESS || b.kind() == BinaryKind.EQUAL);
        CodeBlock mask = comparison
                ? compare((Expr.Binary) s.condition())
                : CodeBlock.of("$L.compare($T.NE, $L)", vector(s.condition()), JavaWords.OPERATORS, words.literal(0));
        return CodeBlock.of("$L.blend($L, $L)", lanes(s.otherwise()), lanes(s.then()), mask);
    }

    private static String reduction(BinaryKind kind) {
        return switch (kind) {
            case ADD, MAX, MIN -> kind.name();
            case SUBTRACT, MULTIPLY, DIVIDE, EQUAL, LESS ->
                throw new IllegalArgumentException(kind + " does not reduce lanes");
        };
    }
}
