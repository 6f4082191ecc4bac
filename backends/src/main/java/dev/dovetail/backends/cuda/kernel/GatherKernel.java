package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** Table lookup, one thread per element of the result. */
public final class GatherKernel {
    private static final int THREADS = 256;

    private GatherKernel() {}

    public static CudaKernel of(KernelRequest request, Gather op) {
        var work = request.work();
        TensorType indices = work.operands().get(0);
        TensorType table = work.operands().get(1);
        TensorType looked = work.results().getFirst();
        String index = KernelFile.indexType(List.of(table, looked));
        // The indices' dims stay apart from the columns because neither tensor holds both.
        IndexLoops loops = IndexLoops.over(looked.dims(), List.of(indices, looked), List.of());
        TensorType columns = table.without(List.of(op.rows()));
        var body = new CudaWriter();
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
        body.line("const long long row = indices[%s] - %s;".formatted(loops.offset(indices), start(op.start())));
        body.line("const bool held = row >= 0 && row < %s;"
                .formatted(IndexLoops.over(List.of(table.dim(op.rows())), List.of(), List.of())
                        .length()));
        body.line("const real value = held ? load(&table[row * %d + %s]) : real(0);"
                .formatted(columns.elements(), loops.offset(columns)));
        body.line("store(&rows[%s], value);".formatted(loops.offset(looked)));
        return new KernelFile(request, List.of("indices", "table"), List.of("rows"))
                .choose("one thread per element")
                .entry(LaunchShape.linear(looked.dims(), THREADS, THREADS), body.toString())
                .build();
    }

    /** The first row this rank holds. */
    static String start(Optional<String> symbol) {
        return symbol.map(name -> new LaunchSymbol(name, LaunchSymbol.Kind.COUNT).parameter())
                .orElse("0");
    }
}
