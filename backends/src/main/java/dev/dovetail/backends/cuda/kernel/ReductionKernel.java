package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * Sums or maxima over some dims of an elementwise expression, in an order that only the shape decides.
 *
 * <p>Where the innermost dim is reduced, a block walks along each row. Where it stays, a block takes neighbouring results and
 * slices of its threads share the terms, so that neighbouring threads still read neighbouring elements.
 */
public final class ReductionKernel {
    private static final int ROW_THREADS = 256;

    /** Neighbouring results of a block, and the slices that share their terms, where there are results enough. */
    private static final int COLUMNS = 32;

    private static final int SLICES = 8;

    /** Where there are few results: eight floats are still a whole sector of memory. */
    private static final int FEW_COLUMNS = 8;

    private static final int MANY_SLICES = 64;

    /** Results from which blocks of {@value #COLUMNS} fill a device. */
    private static final long MANY_RESULTS = 16_384;

    private final MapReduce op;
    private final KernelFile file;
    private final IndexLoops kept;
    private final IndexLoops reduced;
    private final String index;

    private ReductionKernel(KernelRequest request, MapReduce op) {
        this.op = op;
        var work = request.work();
        file = new KernelFile(
                request, ElementwiseKernel.names("x", work.operands().size()), List.of("y"));
        var tensors = new ArrayList<>(work.operands());
        tensors.add(work.results().getFirst());
        var apart = ElementwiseKernel.positions(work.expressions());
        kept = IndexLoops.over(work.results().getFirst().dims(), tensors, apart);
        reduced = IndexLoops.over(reducedDims(), tensors, apart);
        tensors.add(op.space());
        index = KernelFile.indexType(tensors);
    }

    /** In the order of the space, so that neighbours in memory are neighbours in the loop. */
    private List<Dim> reducedDims() {
        return op.space().dims().stream()
                .filter(dim -> op.over().contains(dim.name()))
                .toList();
    }

    public static CudaKernel of(KernelRequest request, MapReduce op) {
        return new ReductionKernel(request, op).generate();
    }

    private CudaKernel generate() {
        TensorType space = op.space();
        boolean alongRows = op.over().contains(space.dims().getLast().name());
        return alongRows ? rows() : columns();
    }

    private String how() {
        return op.reduction() == Splitting.MAX ? "Max" : "Sum";
    }

    private String start() {
        return how() + "::start<real>()";
    }

    private CudaKernel rows() {
        var body = new CudaWriter();
        body.line("__shared__ real scratch[32];");
        kept.decompose(body, index, "static_cast<" + index + ">(blockIdx.x)");
        body.line("real total = " + start() + ";");
        body.open("for (%s at = static_cast<int>(threadIdx.x); at < %s; at += %d)"
                .formatted(index, reduced.length(), ROW_THREADS));
        combine(body);
        body.close();
        body.line("total = block_reduce<%s>(total, scratch);".formatted(how()));
        body.open("if (threadIdx.x == 0)")
                .line("store(&y[%s], total);".formatted(kept.offset(result())))
                .close();
        return file.choose("one block per result")
                .entry(LaunchShape.linear(result().dims(), 1, ROW_THREADS), body.toString())
                .build();
    }

    private CudaKernel columns() {
        boolean few = result().elements() < MANY_RESULTS;
        int columns = few ? FEW_COLUMNS : COLUMNS;
        int slices = few ? MANY_SLICES : SLICES;
        var body = new CudaWriter();
        body.line("__shared__ real partial[%d][%d];".formatted(slices, columns));
        body.line("const int column = static_cast<int>(threadIdx.x %% %d);".formatted(columns));
        body.line("const int slice = static_cast<int>(threadIdx.x / %d);".formatted(columns));
        body.line("const %s result = static_cast<%s>(blockIdx.x) * %d + column;".formatted(index, index, columns));
        body.line("real total = " + start() + ";");
        body.open("if (result < " + kept.length() + ")");
        kept.decompose(body, index, "result");
        body.line("#pragma unroll 4");
        body.open("for (%s at = slice; at < %s; at += %d)".formatted(index, reduced.length(), slices));
        combine(body);
        body.close().close();
        body.line("partial[slice][column] = total;").line("__syncthreads();");
        body.open("if (slice == 0 && result < " + kept.length() + ")");
        body.open("for (int other = 1; other < %d; other++)".formatted(slices))
                .line("total = %s::combine<real>(total, partial[other][column]);".formatted(how()))
                .close();
        kept.decompose(body, index, "result");
        body.line("store(&y[%s], total);".formatted(kept.offset(result()))).close();
        return file.choose(columns + " neighbouring results per block, " + slices + " slices of the terms")
                .entry(LaunchShape.linear(result().dims(), columns, columns * slices), body.toString())
                .build();
    }

    private void combine(CudaWriter body) {
        reduced.decompose(body, index, "at");
        var all = new ArrayList<>(kept.loops());
        all.addAll(reduced.loops());
        String value = ElementwiseKernel.values(body, file, new IndexLoops(all), List.of(op.expr()))
                .getFirst();
        body.line("total = %s::combine<real>(total, %s);".formatted(how(), value));
    }

    private TensorType result() {
        return file.work().results().getFirst();
    }
}
