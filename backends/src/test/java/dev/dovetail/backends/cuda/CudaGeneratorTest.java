package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.backends.cuda.device.KernelCases;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Names, headers, signatures and launch shapes of generated kernels. */
class CudaGeneratorTest {
    private static final TensorType X = TensorType.of(
            ElementType.BF16,
            new Dim("sequence", new Extent.Bounded("tokens", 8192)),
            Dim.of("batch", 2),
            Dim.of("width", 96));

    private static CudaKernel relu() {
        return EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(new MapOp(Activations.relu(), X), X));
    }

    @Test
    void equalRequestsGiveEqualText() {
        assertEquals(relu(), relu());
    }

    @Test
    void namesAreUniqueAndSayWhatTheKernelDoes() {
        var names = new CudaNames();
        var seen = new HashSet<String>();
        for (var at : KernelCases.gpt3(ElementType.BF16).cases()) {
            assertTrue(seen.add(names.allocate(at.work())), seen::toString);
        }
        assertTrue(seen.contains("matmul_2048x1x5120_5120x20480_bf16"), seen::toString);
    }

    @Test
    void headerSaysWhoAskedForTheKernel() {
        String source = relu().source();
        for (String line : List.of(
                "// operator  map",
                "// reads     x0 bf16[sequence=tokens<=8192, batch=2, width=96]",
                "// spec      tiny.dove:7",
                "// used by   block_forward",
                "// plan      tensor 1, microbatch 2")) {
            assertTrue(source.contains(line + "\n"), source);
        }
    }

    @Test
    void gridFollowsTheExtentsOfTheLaunch() {
        LaunchShape shape = relu().entries().getFirst().shape();
        assertEquals(8192 * 2 * 96 / 256, shape.x().bound());
        // 3 tokens of 192 elements are 576: three blocks of 256.
        assertEquals(3, shape.grid(symbol -> 3)[0]);
    }

    @Test
    void symbolsOfTheSignatureComeOnceExtentsFirst() {
        assertEquals(
                List.of(new LaunchSymbol("tokens", LaunchSymbol.Kind.COUNT)),
                relu().signature().symbols());
    }

    @Test
    void exchangeAmongRanksIsNoKernel() {
        var exchange = new Communication(Communication.Kind.ALL_REDUCE, "tensor", 2, Optional.empty(), Splitting.SUM);
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> EmulatedDevice.kernel(new CudaNames(), OperatorWork.of(exchange, X)));
        assertTrue(thrown.getMessage().contains("all_reduce"), thrown.getMessage());
    }

    @Test
    void gridBeyondWhatCudaLaunchesIsRefused() {
        TensorType left = TensorType.of(ElementType.F32, Dim.of("b", 70_000), Dim.of("m", 2), Dim.of("k", 2));
        TensorType right = TensorType.of(ElementType.F32, Dim.of("b", 70_000), Dim.of("k", 2), Dim.of("n", 2));
        var thrown = assertThrows(
                IllegalArgumentException.class,
                () -> EmulatedDevice.kernel(
                        new CudaNames(), OperatorWork.of(new MatMul(List.of("b", "m", "n")), left, right)));
        assertTrue(thrown.getMessage().contains("exceeds what CUDA launches"), thrown.getMessage());
    }
}
