package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Copies fresh keys or values to their place in the cache; the cache is updated in place, so only they are touched. */
public final class CacheWriteKernel {
    private static final int THREADS = 256;

    private CacheWriteKernel() {}

    public static CudaKernel of(KernelRequest request, CacheWrite op) {
        TensorType cache = request.work().operands().get(0);
        TensorType fresh = request.work().operands().get(1);
        String index = KernelFile.indexType(List.of(cache, fresh));
        IndexLoops loops =
                IndexLoops.over(fresh.dims(), List.of(fresh, cache.without(List.of(op.past()))), List.of(op.fresh()));
        long stride = IndexLoops.stride(cache, op.past());
        var body = new CudaWriter();
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
        String start = new LaunchSymbol(op.start(), LaunchSymbol.Kind.COUNT).parameter();
        String row = "%s + %s".formatted(start, loops.position(op.fresh()));
        if (op.ring()) {
            long length = cache.dim(op.past()).bound();
            body.comment("of the positions that share a row, only the last stays");
            body.open("if (%s + %d < %s)"
                            .formatted(
                                    loops.position(op.fresh()),
                                    length,
                                    IndexLoops.count(fresh.select(List.of(op.fresh())))))
                    .line("return;")
                    .close();
            row = "(%s) %% %d".formatted(row, length);
        }
        body.line("const long long place = (%s) * %d;".formatted(row, stride));
        body.line("updated[place + %s] = fresh[%s];".formatted(loops.offset(cache), loops.offset(fresh)));
        return new KernelFile(request, List.of("cache", "fresh"), List.of("updated"))
                .choose("one thread per element, in place")
                .entry(LaunchShape.linear(fresh.dims(), THREADS, THREADS), body.toString())
                .build();
    }
}
