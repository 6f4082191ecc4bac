package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchShape.GridAxis;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Adds gradient rows to the table rows they were looked up from, without atomics: a block owns one table row, finds the
 * tokens that used it in order, and adds them in that order, so equal inputs give equal bits.
 */
public final class ScatterAddKernel {
    private static final int THREADS = 256;
    private static final int COLUMNS_PER_THREAD = 4;

    private static final String BODY = """
            __shared__ unsigned votes[THREADS / 32];
            const int thread = static_cast<int>(threadIdx.x);
            const int row = static_cast<int>(blockIdx.x);
            const int column_start = static_cast<int>(blockIdx.y) * THREADS * COLUMNS_PER_THREAD + thread;
            real total[COLUMNS_PER_THREAD] = {};

            for (int start = 0; start < tokens_here; start += THREADS) {
                const int token = start + thread;
                const bool uses = token < tokens_here && indices[index_offset(token)] - first_row == row;
                const unsigned vote = __ballot_sync(FULL_WARP, uses ? 1 : 0);
                if (thread % 32 == 0) {
                    votes[thread / 32] = vote;
                }
                __syncthreads();
                for (int warp = 0; warp < THREADS / 32; warp++) {
                    for (unsigned left = votes[warp]; left != 0; left &= left - 1) {
                        const int used = start + 32 * warp + __ffs(static_cast<int>(left)) - 1;
                        for (int i = 0; i < COLUMNS_PER_THREAD; i++) {
                            const int column = column_start + i * THREADS;
                            if (column < COLUMNS) {
                                total[i] += load(&gradient[gradient_offset(used) + column]);
                            }
                        }
                    }
                }
                __syncthreads();
            }

            for (int i = 0; i < COLUMNS_PER_THREAD; i++) {
                const int column = column_start + i * THREADS;
                if (column < COLUMNS) {
                    store(&table[static_cast<long long>(row) * COLUMNS + column], total[i]);
                }
            }
            """;

    private ScatterAddKernel() {}

    public static CudaKernel of(KernelRequest request, ScatterAdd op) {
        var work = request.work();
        TensorType indices = work.operands().get(0);
        TensorType gradient = work.operands().get(1);
        requireColumnsLast(indices, gradient);
        Dim columns = new Dim(
                "columns",
                dev.dovetail.ir.tensor.Extent.of(
                        gradient.without(indices.names()).elements()));
        var file = new KernelFile(request, List.of("indices", "gradient"), List.of("table"));
        file.declarations()
                .constant("THREADS", THREADS)
                .constant("COLUMNS_PER_THREAD", COLUMNS_PER_THREAD)
                .constant("COLUMNS", columns.bound());
        var body = new CudaWriter();
        IndexLoops tokens = IndexLoops.over(indices.dims(), List.of(indices, gradient), List.of());
        body.line("const int tokens_here = " + IndexLoops.count(indices.dims()) + ";");
        body.line("const long long first_row = " + GatherKernel.start(op.start()) + ";");
        offset(body, "index_offset", tokens, indices);
        offset(body, "gradient_offset", tokens, gradient);
        body.lines(BODY);
        var launch = new LaunchShape(
                new GridAxis(List.of(op.rows()), 1),
                new GridAxis(List.of(columns), THREADS * COLUMNS_PER_THREAD),
                GridAxis.ONE,
                THREADS);
        return file.choose("one block per table row, tokens added in order")
                .entry(launch, body.toString())
                .build();
    }

    private static void offset(CudaWriter body, String name, IndexLoops tokens, TensorType tensor) {
        body.open("const auto " + name + " = [=](int token)");
        tokens.decompose(body, "long long", "token");
        body.line("return " + tokens.offset(tensor) + ";").close(";");
    }

    private static void requireColumnsLast(TensorType indices, TensorType gradient) {
        int count = indices.dims().size();
        if (!gradient.names().subList(0, count).equals(indices.names())) {
            throw new IllegalArgumentException("scatter-add of " + gradient + " at " + indices
                    + ": the gradient's columns must come after the indices' dims");
        }
    }
}
