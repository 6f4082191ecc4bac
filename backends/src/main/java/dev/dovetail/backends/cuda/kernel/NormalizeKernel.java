package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaExpression;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Layer or RMS norm, a block per row; the variance is taken about the mean in a second pass, which cannot cancel. */
public final class NormalizeKernel {

    private static final String BODY = """
            const int thread = static_cast<int>(threadIdx.x);
            real center = real(0);
            if (LAYER) {
                real sum = real(0);
                for (int i = thread; i < LENGTH; i += THREADS) {
                    sum += load(&x[row_start + i * STRIDE]);
                }
                center = block_reduce<Sum>(sum, scratch) / LENGTH;
            }
            real squares = real(0);
            for (int i = thread; i < LENGTH; i += THREADS) {
                const real difference = load(&x[row_start + i * STRIDE]) - center;
                squares += difference * difference;
            }
            const real deviation = square_root(block_reduce<Sum>(squares, scratch) / LENGTH + EPSILON);
            for (int i = thread; i < LENGTH; i += THREADS) {
                const real normal = (load(&x[row_start + i * STRIDE]) - center) / deviation;
                store(&y[row_start + i * STRIDE], normal * load(&scale[i]) + shift_of(i));
            }
            """;

    private NormalizeKernel() {}

    public static CudaKernel of(KernelRequest request, Normalize op) {
        boolean layer = op.kind() == NormKind.LAYER;
        TensorType x = request.work().operands().getFirst();
        var rows = new RowLayout(x, op.over());
        var file = new KernelFile(
                request,
                layer ? List.of("x", "scale", "shift") : List.of("x", "scale"),
                layer ? List.of("y", "reciprocal", "mean") : List.of("y", "reciprocal"));
        int threads = threads(rows.length().bound());
        declare(file, rows, threads, layer);
        file.declarations().line("constexpr real EPSILON = " + CudaExpression.literal(op.epsilon(), file.real()) + ";");
        var body = new CudaWriter().line("__shared__ real scratch[32];");
        rows.locate(
                body, "static_cast<int>(blockIdx.x)", request.work().results().get(1));
        body.line("const auto shift_of = [=](int i) { return "
                + (layer ? "load(&shift[i])" : "i < 0 ? real(1) : real(0)") + "; };");
        body.lines(BODY);
        body.open("if (thread == 0)").line("store(&reciprocal[statistic], real(1) / deviation);");
        if (layer) {
            body.line("store(&mean[statistic], center);");
        }
        body.close();
        return file.choose("one block of " + threads + " threads per row")
                .entry(LaunchShape.linear(rows.rows(), 1, threads), body.toString())
                .build();
    }

    /** Constants shared with the gradient. */
    static void declare(KernelFile file, RowLayout rows, int threads, boolean layer) {
        file.declarations()
                .constant("LENGTH", rows.length().bound())
                .constant("STRIDE", rows.stride())
                .constant("THREADS", threads)
                .line("constexpr bool LAYER = " + layer + ";");
    }

    /** A warp for short rows, up to eight for long ones. */
    static int threads(long length) {
        return (int) Math.clamp(Math.ceilDiv(length, 4L * 32) * 32, 32, 256);
    }
}
