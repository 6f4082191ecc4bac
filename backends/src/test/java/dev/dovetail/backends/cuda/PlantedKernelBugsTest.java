package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.backends.cuda.device.CudaKernelCheck;
import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.backends.cuda.device.KernelDevice;
import dev.dovetail.backends.cuda.emulator.CudaEmulator;
import dev.dovetail.driver.CudaException;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The emulated device notices kernels that are wrong. */
class PlantedKernelBugsTest {
    private static final String BARRIER = "__syncthreads();";

    private static TensorType type(ElementType element, Object... namesAndLengths) {
        return new TensorType(
                element,
                IntStream.range(0, namesAndLengths.length / 2)
                        .mapToObj(i -> Dim.of((String) namesAndLengths[2 * i], (Integer) namesAndLengths[2 * i + 1]))
                        .toList());
    }

    private static List<KernelWork> worksWithBarriers() {
        var works = new ArrayList<KernelWork>();
        for (ElementType element : List.of(ElementType.F32, ElementType.BF16)) {
            works.add(OperatorWork.of(
                    new MatMul(List.of("m", "n")), type(element, "m", 70, "k", 100), type(element, "k", 100, "n", 70)));
            TensorType q = type(element, "sequence", 150, "batch", 1, "heads", 1, "head_dim", 24);
            TensorType k = type(element, "sequence", 150, "batch", 1, "kv_heads", 1, "head_dim", 24);
            TensorType logSum = type(ElementType.F32, "sequence", 150, "batch", 1, "heads", 1);
            works.add(OperatorWork.of(new Attend(AttentionPattern.causal(0.25)), q, k, k));
            works.add(OperatorWork.of(new AttendGrad(AttentionPattern.causal(0.25)), q, q, k, k, q, logSum));
        }
        TensorType x = type(ElementType.F32, "sequence", 40, "width", 50);
        works.add(OperatorWork.of(new MapReduce(Activations.silu(), x, List.of("sequence"), Splitting.SUM), x));
        works.add(OperatorWork.of(
                new NormalizeGrad(NormKind.RMS, "width"),
                x,
                x,
                type(ElementType.F32, "width", 50),
                type(ElementType.F32, "sequence", 40)));
        works.add(OperatorWork.of(
                new ScatterAdd(Dim.of("vocab", 5), Optional.empty()),
                type(ElementType.I32, "sequence", 700),
                type(ElementType.F32, "sequence", 700, "width", 7)));
        return works;
    }

    /** The kernel without its n-th barrier, under a name of its own. */
    private static CudaKernel without(CudaKernel kernel, int barrier) {
        int at = -1;
        for (int i = 0; i <= barrier; i++) {
            at = kernel.source().indexOf(BARRIER, at + 1);
        }
        String broken = kernel.source().substring(0, at) + ";" + kernel.source().substring(at + BARRIER.length());
        return renamed(kernel, broken, "_without_" + barrier);
    }

    private static CudaKernel renamed(CudaKernel kernel, String source, String suffix) {
        String name = kernel.name() + suffix;
        var entries = kernel.entries().stream()
                .map(entry -> new CudaEntry(entry.name().replace(kernel.name(), name), entry.shape()))
                .toList();
        return new CudaKernel(name, kernel.work(), kernel.signature(), entries, source.replace(kernel.name(), name));
    }

    private static int barriers(CudaKernel kernel) {
        return kernel.source().split(java.util.regex.Pattern.quote(BARRIER), -1).length - 1;
    }

    private static boolean caught(EmulatedDevice emulated, KernelDevice.Loaded kernel) {
        for (var order : CudaEmulator.Schedule.values()) {
            for (int seed = 1; seed <= 4; seed++) {
                emulated.emulator().schedule(order, seed);
                try {
                    var at = KernelCase.of(kernel.kernel().work());
                    if (!new CudaKernelCheck(emulated.device())
                            .check(kernel, at, 3)
                            .passes()) {
                        return true;
                    }
                } catch (CudaException failed) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void everyRemovedBarrierIsNoticed() {
        var emulated = EmulatedDevice.get();
        var names = new CudaNames();
        var broken = new ArrayList<CudaKernel>();
        for (KernelWork work : worksWithBarriers()) {
            CudaKernel kernel = EmulatedDevice.kernel(names, work);
            assertTrue(barriers(kernel) > 0, kernel.name());
            IntStream.range(0, barriers(kernel)).forEach(i -> broken.add(without(kernel, i)));
        }
        var missed = emulated.load(broken).stream()
                .filter(kernel -> !caught(emulated, kernel))
                .map(kernel -> kernel.kernel().name())
                .toList();
        assertEquals(List.of(), missed);
    }

    @Test
    void barrierThatOnlySomeThreadsReachIsReported() {
        var emulated = EmulatedDevice.get();
        CudaKernel kernel =
                EmulatedDevice.kernel(new CudaNames(), worksWithBarriers().getFirst());
        String divergent = kernel.source()
                .replaceFirst(java.util.regex.Pattern.quote(BARRIER), "if (threadIdx.x < 5) { " + BARRIER + " }");
        var loaded =
                emulated.load(List.of(renamed(kernel, divergent, "_divergent"))).getFirst();
        emulated.emulator().schedule(CudaEmulator.Schedule.WARP_BY_WARP, 1);
        assertThrows(
                CudaException.class,
                () -> new CudaKernelCheck(emulated.device()).check(loaded, KernelCase.of(kernel.work()), 3));
        assertTrue(
                emulated.emulator().failure().startsWith("divergent barrier in block (0, 0, 0)"),
                emulated.emulator().failure());
    }

    @Test
    void writeOutsideTheResultIsReported() {
        var emulated = EmulatedDevice.get();
        TensorType x = type(ElementType.F32, "width", 300);
        CudaKernel kernel =
                EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(new MapOp(Activations.relu(), x), x));
        String wide = kernel.source().replace("if (at >= 300)", "if (at >= 301)");
        var loaded = emulated.load(List.of(renamed(kernel, wide, "_wide"))).getFirst();
        var row = new CudaKernelCheck(emulated.device()).check(loaded, KernelCase.of(kernel.work()), 3);
        assertTrue(row.problem().contains("outside the results"), row::toString);
    }

    @Test
    void wrongArithmeticIsReported() {
        var emulated = EmulatedDevice.get();
        TensorType x = type(ElementType.BF16, "width", 300);
        CudaKernel kernel =
                EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(new MapOp(Activations.gelu(), x), x));
        String wrong = kernel.source().replace("0.044715f", "0.144715f");
        var loaded = emulated.load(List.of(renamed(kernel, wrong, "_wrong"))).getFirst();
        var row = new CudaKernelCheck(emulated.device()).check(loaded, KernelCase.of(kernel.work()), 3);
        assertTrue(row.error() > row.tolerance(), row::toString);
    }

    @Test
    void missingEntryIsAnErrorThatNamesIt() {
        var emulated = EmulatedDevice.get();
        TensorType x = type(ElementType.F32, "width", 3);
        CudaKernel kernel =
                EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(new MapOp(Activations.relu(), x), x));
        CudaKernel present = renamed(kernel, kernel.source(), "_present");
        var module = emulated.emulator().compile(List.of(present));
        var thrown = assertThrows(
                CudaException.class, () -> emulated.device().load(module, List.of(renamed(kernel, "", "_absent"))));
        assertTrue(thrown.getMessage().contains("_absent"), thrown.getMessage());
    }
}
