package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchSymbol;
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** Linear recurrences: one thread carries one state through all positions in a register; neighbours read side by side. */
public final class ScanKernel {
    private static final int THREADS = 256;

    private ScanKernel() {}

    public static CudaKernel of(KernelRequest request, Scan op) {
        TensorType decay = request.work().operands().get(0);
        TensorType input = request.work().operands().get(1);
        var along = List.of(op.along());
        TensorType states = input.without(along);
        TensorType ring = op.carried()
                .map(carry -> request.work().operands().get(2).without(List.of(carry.rows())))
                .orElse(states);
        String index = KernelFile.indexType(List.of(input));
        IndexLoops loops = IndexLoops.over(states.dims(), List.of(input, decay, ring), List.of());
        var body = new CudaWriter();
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
        body.line("real state = static_cast<real>(0);");
        op.carried().ifPresent(carry -> begin(body, request, carry, loops, ring));
        String count = IndexLoops.count(input.select(along));
        body.open("for (int step = 0; step < %s; ++step)".formatted(count));
        body.line("const %s position = %s;".formatted(index, op.reverse() ? count + " - 1 - step" : "step"));
        body.line("const %s here = position * %d + %s;"
                .formatted(index, IndexLoops.stride(input, op.along()), loops.offset(input)));
        body.line("const real factor = load(&decay[position * %d + %s]);"
                .formatted(IndexLoops.stride(decay, op.along()), loops.offset(decay)));
        body.line("state = factor * state + load(&input[here]);");
        body.line("store(&states[here], state);").close();
        var names = op.carried().isPresent() ? List.of("decay", "input", "recent") : List.of("decay", "input");
        return new KernelFile(request, names, List.of("states"))
                .choose("one thread per state, in a register through all positions")
                .entry(LaunchShape.linear(states.dims(), THREADS, THREADS), body.toString())
                .build();
    }

    private static void begin(
            CudaWriter body, KernelRequest request, Carried carry, IndexLoops loops, TensorType ring) {
        TensorType rows = request.work().operands().get(2);
        String start = new LaunchSymbol(carry.start(), LaunchSymbol.Kind.COUNT).parameter();
        body.open("if (%s > 0)".formatted(start));
        body.line("const long long row = (%s - 1) %% %d;"
                .formatted(start, rows.dim(carry.rows()).bound()));
        body.line("state = load(&recent[row * %d + %s]);"
                .formatted(IndexLoops.stride(rows, carry.rows()), loops.offset(ring)));
        body.close();
    }
}
