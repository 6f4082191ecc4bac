package dev.dovetail.backends.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cpu.check.CheckCase;
import dev.dovetail.backends.cpu.check.KernelCheck;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.runtime.rank.Workers;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A check that cannot fail checks nothing: each test damages a kernel's source and expects to be told. */
class KernelCheckTest {
    private static final TensorType LEFT = TensorType.of(ElementType.F64, Dim.of("m", 5), Dim.of("k", 3));
    private static final TensorType RIGHT = TensorType.of(ElementType.F64, Dim.of("k", 3), Dim.of("n", 6));
    private static final CheckCase PRODUCT =
            CheckCase.of(new KernelTask.Operator(new MatMul(List.of("m", "n")), List.of(LEFT, RIGHT)));
    private static final CheckCase ACCUMULATE = CheckCase.of(new KernelTask.Accumulate(LEFT));

    private static KernelCheck.Outcome outcome(CheckCase check, UnaryOperator<String> damage) {
        var compiler = new KernelCompiler(System.getProperty("java.class.path"));
        var loader = new KernelLoader(
                (task, name) -> {
                    KernelSource source = new KernelCatalog(CpuTarget.scalar()).emit(task, name);
                    return new KernelSource(name, damage.apply(source.text()));
                },
                compiler);
        try (Workers workers = Workers.single()) {
            return new KernelCheck(loader, workers, 1).run(List.of(check)).getFirst();
        }
    }

    private static UnaryOperator<String> replacing(String target, String replacement) {
        return text -> {
            assertTrue(text.contains(target), text);
            return text.replace(target, replacement);
        };
    }

    @Test
    void passesAKernelThatIsRight() {
        assertEquals("", outcome(PRODUCT, text -> text).complaint());
    }

    @Test
    void noticesAProductThatLeavesOutTheLastTerm() {
        assertFalse(outcome(PRODUCT, replacing("k < depth", "k < depth - 1")).passes());
    }

    @Test
    void noticesAResultThatIsNeverWritten() {
        assertFalse(outcome(ACCUMULATE, replacing("memory.set(", "Math.floorMod(1, 1); if (from < 0) memory.set("))
                .passes());
    }

    @Test
    void noticesAWriteBehindTheResult() {
        var outcome = outcome(
                ACCUMULATE, replacing("memory.set(NUMBER, y + 8L * i,", "memory.set(NUMBER, y + 8L * (i + 1),"));
        assertFalse(outcome.passes());
    }
}
