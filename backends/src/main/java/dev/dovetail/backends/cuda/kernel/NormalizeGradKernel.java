package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Gradient of a norm in two entries: dx row by row, then dscale and dshift column by column, every sum in a fixed order.
 */
public final class NormalizeGradKernel {
    private static final int COLUMNS = 8;
    private static final int SLICES = 64;

    private static final String ROWS_BODY = """
            const int thread = static_cast<int>(threadIdx.x);
            const real inverse = load(&reciprocal[statistic]);
            const real center = center_of(statistic);
            real gradients = real(0);
            real products = real(0);
            for (int i = thread; i < LENGTH; i += THREADS) {
                const real scaled = load(&dy[row_start + i * STRIDE]) * load(&scale[i]);
                gradients += scaled;
                products += scaled * (load(&x[row_start + i * STRIDE]) - center) * inverse;
            }
            const real mean_gradient = LAYER ? block_reduce<Sum>(gradients, scratch) / LENGTH : real(0);
            const real mean_product = block_reduce<Sum>(products, scratch) / LENGTH;
            for (int i = thread; i < LENGTH; i += THREADS) {
                const real normal = (load(&x[row_start + i * STRIDE]) - center) * inverse;
                const real scaled = load(&dy[row_start + i * STRIDE]) * load(&scale[i]);
                store(&dx[row_start + i * STRIDE], inverse * (scaled - mean_gradient - normal * mean_product));
            }
            """;

    private static final String COLUMNS_BODY = """
                if (i < LENGTH) {
                    const real gradient = load(&dy[row_start + i * STRIDE]);
                    const real normal = (load(&x[row_start + i * STRIDE]) - center_of(statistic))
                        * load(&reciprocal[statistic]);
                    scale_sum += gradient * normal;
                    shift_sum += gradient;
                }
            }
            scale_part[slice][column] = scale_sum;
            shift_part[slice][column] = shift_sum;
            __syncthreads();
            """;

    private NormalizeGradKernel() {}

    public static CudaKernel of(KernelRequest request, NormalizeGrad op) {
        boolean layer = op.kind() == NormKind.LAYER;
        var rows = new RowLayout(request.work().operands().get(1), op.over());
        var operands = new ArrayList<>(List.of("dy", "x", "scale", "reciprocal"));
        if (layer) {
            operands.add("mean");
        }
        var file =
                new KernelFile(request, operands, layer ? List.of("dx", "dscale", "dshift") : List.of("dx", "dscale"));
        int threads = NormalizeKernel.threads(rows.length().bound());
        NormalizeKernel.declare(file, rows, threads, layer);
        TensorType statistic = request.work().operands().get(3);
        return file.choose("dx: one block of " + threads + " threads per row")
                .choose("dscale: " + COLUMNS + " columns per block, " + SLICES + " slices of the rows")
                .entry("rows", LaunchShape.linear(rows.rows(), 1, threads), rowsBody(rows, statistic, layer))
                .entry(
                        "columns",
                        LaunchShape.linear(List.of(rows.length()), COLUMNS, COLUMNS * SLICES),
                        columnsBody(rows, statistic, layer))
                .build();
    }

    private static String rowsBody(RowLayout rows, TensorType statistic, boolean layer) {
        var body = new CudaWriter().line("__shared__ real scratch[32];");
        rows.locate(body, "static_cast<int>(blockIdx.x)", statistic);
        center(body, layer);
        return body.lines(ROWS_BODY).toString();
    }

    private static void center(CudaWriter body, boolean layer) {
        body.line("const auto center_of = [=](long long row) { return "
                + (layer ? "load(&mean[row])" : "row < 0 ? real(1) : real(0)") + "; };");
    }

    private static String columnsBody(RowLayout rows, TensorType statistic, boolean layer) {
        var body = new CudaWriter();
        body.line("__shared__ real scale_part[%d][%d];".formatted(SLICES, COLUMNS));
        body.line("__shared__ real shift_part[%d][%d];".formatted(SLICES, COLUMNS));
        body.line("const int column = static_cast<int>(threadIdx.x %% %d);".formatted(COLUMNS));
        body.line("const int slice = static_cast<int>(threadIdx.x / %d);".formatted(COLUMNS));
        body.line("const int i = static_cast<int>(blockIdx.x) * %d + column;".formatted(COLUMNS));
        center(body, layer);
        body.line("real scale_sum = real(0);").line("real shift_sum = real(0);");
        body.line("#pragma unroll 4");
        body.open("for (int row = slice; row < %s; row += %d)".formatted(rows.count(), SLICES));
        rows.locate(body, "row", statistic);
        // The text closes the loop that is open here.
        String open = body.toString() + COLUMNS_BODY;
        var end = new CudaWriter();
        end.open("if (slice == 0 && i < LENGTH)");
        end.open("for (int other = 1; other < %d; other++)".formatted(SLICES));
        end.line("scale_sum += scale_part[other][column];").line("shift_sum += shift_part[other][column];");
        end.close().line("store(&dscale[i], scale_sum);");
        if (layer) {
            end.line("store(&dshift[i], shift_sum);");
        }
        return open + end.close();
    }
}
