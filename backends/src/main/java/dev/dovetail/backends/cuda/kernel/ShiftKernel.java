package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Rows moved along a dim, and tensors under other dims: one thread per element. */
public final class ShiftKernel {
    private static final int THREADS = 256;

    private ShiftKernel() {}

    public static CudaKernel shift(KernelRequest request, Shift op) {
        TensorType x = request.work().operands().getFirst();
        var tensors = new ArrayList<TensorType>(List.of(x));
        op.carried().ifPresent(carry -> tensors.add(ringOf(request, carry)));
        String index = KernelFile.indexType(List.of(x));
        IndexLoops loops = IndexLoops.over(x.dims(), tensors, List.of(op.along()));
        var body = new CudaWriter();
        begin(body, index, loops);
        String at = loops.position(op.along());
        long stride = IndexLoops.stride(x, op.along());
        String length = IndexLoops.count(x.select(List.of(op.along())));
        body.line("const long long from = static_cast<long long>(%s) - (%d);".formatted(at, op.by()));
        body.open("if (from >= 0 && from < %s)".formatted(length));
        body.line("y[%s] = x[%s - (%d)];".formatted(loops.offset(x), loops.offset(x), op.by() * stride));
        body.line("return;").close();
        op.carried().ifPresent(carry -> before(body, request, carry, loops, x));
        body.line("store(&y[%s], static_cast<real>(0));".formatted(loops.offset(x)));
        var names = op.carried().isPresent() ? List.of("x", "recent") : List.of("x");
        return new KernelFile(request, names, List.of("y"))
                .choose("one thread per element")
                .entry(LaunchShape.linear(x.dims(), THREADS, THREADS), body.toString())
                .build();
    }

    private static TensorType ringOf(KernelRequest request, Carried carry) {
        return request.work().operands().get(1).without(List.of(carry.rows()));
    }

    private static void before(CudaWriter body, KernelRequest request, Carried carry, IndexLoops loops, TensorType x) {
        TensorType ring = request.work().operands().get(1);
        String start = new LaunchSymbol(carry.start(), LaunchSymbol.Kind.COUNT).parameter();
        body.line("const long long place = %s + from;".formatted(start));
        body.open("if (from < 0 && place >= 0)");
        body.line("y[%s] = recent[place %% %d * %d + %s];"
                .formatted(
                        loops.offset(x),
                        ring.dim(carry.rows()).bound(),
                        IndexLoops.stride(ring, carry.rows()),
                        loops.offset(ringOf(request, carry))));
        body.line("return;").close();
    }

    public static CudaKernel regroup(KernelRequest request) {
        TensorType x = request.work().operands().getFirst();
        String index = KernelFile.indexType(List.of(x));
        IndexLoops loops = IndexLoops.over(x.dims(), List.of(x), List.of());
        var body = new CudaWriter();
        begin(body, index, loops);
        body.line("y[%s] = x[%s];".formatted(loops.offset(x), loops.offset(x)));
        return new KernelFile(request, List.of("x"), List.of("y"))
                .choose("one thread per element")
                .entry(LaunchShape.linear(x.dims(), THREADS, THREADS), body.toString())
                .build();
    }

    private static void begin(CudaWriter body, String index, IndexLoops loops) {
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
    }
}
