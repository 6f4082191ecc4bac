package dev.dovetail.backends.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cpu.check.AwkwardCases;
import dev.dovetail.backends.cpu.check.CheckCase;
import dev.dovetail.backends.cpu.check.KernelCheck;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.rank.Workers;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelsMatchReferencesTest {
    private static final long SEED = 20_161;

    /** Kernels for single precision and double are printed from the same loops; both are run. */
    enum Precision {
        F32,
        F64;

        AwkwardCases cases() {
            return new AwkwardCases(ElementType.valueOf(name()));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void scalarKernelsComputeWhatTheirOperatorsMean(Precision precision) {
        check(CpuTarget.scalar(), precision.cases().all());
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void vectorKernelsComputeWhatTheirOperatorsMean(Precision precision) {
        check(CpuAtHand.target(), precision.cases().all());
    }

    /** Narrow registers have other tiles; wide ones are emulated where the processor lacks them. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void productsAreRightForEveryVectorWidth(Precision precision) {
        for (int bits : List.of(128, 256, 512)) {
            check(CpuAtHand.target().withVectorBits(bits), precision.cases().products());
        }
    }

    /** Caches this small cut even small products into many blocks of rows, columns and depth. */
    @Test
    void productsAreRightAcrossBlocksOfEveryKind() {
        var small = new CpuTarget(256, 2, 4 << 10, 8 << 10);
        check(small, new AwkwardCases(ElementType.F32).products());
        check(small, new AwkwardCases(ElementType.F64).products());
    }

    private static void check(CpuTarget target, List<CheckCase> cases) {
        var loader =
                new KernelLoader(new KernelCatalog(target), new KernelCompiler(System.getProperty("java.class.path")));
        try (Workers workers = new Workers(2)) {
            Stream<KernelCheck.Outcome> wrong =
                    new KernelCheck(loader, workers, SEED).run(cases).stream().filter(outcome -> !outcome.passes());
            String complaints =
                    wrong.map(o -> o.complaint() + " in " + o.check()).limit(5).collect(Collectors.joining("\n"));
            assertTrue(complaints.isEmpty(), complaints);
        }
    }
}
