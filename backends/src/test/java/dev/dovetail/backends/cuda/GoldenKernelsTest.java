package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Some generated kernels in full. {@code -Dgolden=write} writes them anew; read the difference before keeping it. */
class GoldenKernelsTest {
    private static final Path FOLDER = Path.of("src/test/resources/dev/dovetail/backends/cuda/golden");

    private static KernelWork work(Op op, TensorType... operands) {
        return OperatorWork.of(op, operands);
    }

    static Stream<KernelWork> works() {
        Dim sequence = Dim.of("sequence", 128);
        Dim batch = Dim.of("batch", 8);
        Dim width = Dim.of("width", 128);
        Dim inner = Dim.of("inner", 512);
        Dim headDim = Dim.of("head_dim", 32);
        TensorType hidden = TensorType.of(ElementType.BF16, sequence, batch, inner);
        TensorType x = TensorType.of(ElementType.BF16, sequence, batch, width);
        TensorType row = TensorType.of(ElementType.F32, width);
        Dim tokens = new Dim("sequence", new Extent.Bounded("tokens", 16));
        TensorType q = TensorType.of(ElementType.F32, tokens, batch, Dim.of("heads", 4), headDim);
        TensorType cache = TensorType.of(ElementType.F32, Dim.of("past", 128), batch, Dim.of("kv_heads", 4), headDim);
        return Stream.of(
                work(new MapOp(Activations.gelu(), hidden), hidden),
                work(
                        new MatMul(List.of("sequence", "batch", "inner")),
                        x,
                        TensorType.of(ElementType.BF16, width, inner)),
                work(new Normalize(NormKind.LAYER, "width", 1e-5), x.withElement(ElementType.F32), row, row),
                work(
                        new Attend(AttentionPattern.causal(0.17677669529663687).decodingFrom("past", "start")),
                        q,
                        cache,
                        cache));
    }

    @ParameterizedTest
    @MethodSource("works")
    void kernelIsAsItWasReviewed(KernelWork work) throws IOException {
        CudaKernel kernel = EmulatedDevice.kernel(new CudaNames(), work);
        Path golden = FOLDER.resolve(kernel.fileName());
        if ("write".equals(System.getProperty("golden"))) {
            Files.createDirectories(FOLDER);
            Files.writeString(golden, kernel.source());
        }
        assertEquals(Files.readString(golden), kernel.source());
    }
}
