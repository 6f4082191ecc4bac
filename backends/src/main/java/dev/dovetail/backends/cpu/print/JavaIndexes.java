package dev.dovetail.backends.cpu.print;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import java.util.Set;

/**
 * Prints integers and memory offsets as Java.
 *
 * <p>Counters are {@code int}, because C2 drops bounds checks from int loops best; byte offsets into the arena are {@code
 * long} from the first multiplication on, because an arena may exceed 2 GiB.
 *
 * @param longNames launch arguments that arrive as {@code long}
 */
record JavaIndexes(JavaWords words, Set<String> longNames) {
    private static final int SUM = 0;
    private static final int TERM = 1;
    private static final int FACTOR = 2;

    CodeBlock print(Index index) {
        return print(index, false, SUM);
    }

    /** Byte offset of a tensor's element. */
    CodeBlock byteOffset(Location location) {
        String base = JavaNames.of(location.buffer().name());
        int bytes = location.buffer().element().bytes();
        return switch (location.element()) {
            case Index.Constant c when c.value() == 0 -> CodeBlock.of("$L", base);
            case Index.Constant c -> CodeBlock.of("$L + $LL", base, c.value() * bytes);
            case Index i -> CodeBlock.of("$L + $LL * $L", base, bytes, print(i, true, FACTOR));
        };
    }

    /** Position in a scratch array. */
    CodeBlock arrayIndex(Location location) {
        if (location.buffer() instanceof Buffer.Tensor) {
            throw new IllegalArgumentException(location.buffer() + " is not an array");
        }
        return print(location.element());
    }

    private CodeBlock print(Index index, boolean wide, int context) {
        return switch (index) {
            case Index.Constant c -> CodeBlock.of(wide && context > SUM ? "$LL" : "$L", c.value());
            case Index.Named n -> named(n, wide);
            case Index.Arithmetic a -> arithmetic(a, wide, context);
            case Index.Read r ->
                CodeBlock.of(
                        "memory.get($L, $L)", words.layout(r.location().buffer().element()), byteOffset(r.location()));
        };
    }

    private CodeBlock named(Index.Named named, boolean wide) {
        String name = JavaNames.of(named.name());
        return CodeBlock.of(longNames.contains(named.name()) && !wide ? "(int) $L" : "$L", name);
    }

    private CodeBlock arithmetic(Index.Arithmetic a, boolean wide, int context) {
        Index left = a.left();
        Index right = a.right();
        return switch (a.operator()) {
            case ADD -> wrap(CodeBlock.of("$L + $L", print(left, wide, SUM), print(right, wide, SUM)), context, SUM);
            case SUBTRACT ->
                wrap(CodeBlock.of("$L - $L", print(left, wide, SUM), print(right, wide, TERM)), context, SUM);
            case MULTIPLY -> product(left, right, wide, context);
            case DIVIDE ->
                wrap(CodeBlock.of("$L / $L", print(left, false, TERM), print(right, false, FACTOR)), context, TERM);
            case REMAINDER ->
                wrap(CodeBlock.of("$L % $L", print(left, false, TERM), print(right, false, FACTOR)), context, TERM);
            case LEAST -> CodeBlock.of("Math.min($L, $L)", print(left, wide, SUM), print(right, wide, SUM));
            case GREATEST -> CodeBlock.of("Math.max($L, $L)", print(left, wide, SUM), print(right, wide, SUM));
        };
    }

    private CodeBlock product(Index left, Index right, boolean wide, int context) {
        boolean literal = right instanceof Index.Constant || left instanceof Index.Constant;
        String format = wide && !literal ? "(long) $L * $L" : "$L * $L";
        return wrap(CodeBlock.of(format, print(left, wide, TERM), print(right, wide, FACTOR)), context, TERM);
    }

    private static CodeBlock wrap(CodeBlock code, int context, int own) {
        return context > own ? CodeBlock.of("($L)", code) : code;
    }
}
