package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaExpression;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One thread per element: maps, accumulation, optimizer steps. Every operand is read before any result is written. */
public final class ElementwiseKernel {
    private static final int THREADS = 256;

    private ElementwiseKernel() {}

    public static CudaKernel of(KernelRequest request) {
        KernelWork work = request.work();
        TensorType space = work.results().getFirst();
        var tensors =
                Stream.concat(work.operands().stream(), work.results().stream()).toList();
        IndexLoops loops = IndexLoops.over(space.dims(), tensors, positions(work.expressions()));
        var file = new KernelFile(
                request,
                names("x", work.operands().size()),
                names("y", work.results().size()));
        var body = new CudaWriter();
        String index = KernelFile.indexType(tensors);
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
        var results = values(body, file, loops, work.expressions());
        for (int i = 0; i < results.size(); i++) {
            body.line("store(&y%d[%s], %s);"
                    .formatted(i, loops.offset(work.results().get(i)), results.get(i)));
        }
        return file.choose("one thread per element")
                .entry(LaunchShape.linear(space.dims(), THREADS, THREADS), body.toString())
                .build();
    }

    /** Loads what the expressions read and returns them as text. */
    static List<String> values(CudaWriter body, KernelFile file, IndexLoops loops, List<ScalarExpr> expressions) {
        for (int i : argsOf(expressions)) {
            TensorType operand = file.work().operands().get(i);
            body.line("const real a%d = load(&x%d[%s]);".formatted(i, i, loops.offset(operand)));
        }
        return new CudaExpression(file.real(), i -> "a" + i, loops::position).print(body, expressions);
    }

    private static Collection<Integer> argsOf(List<ScalarExpr> expressions) {
        var args = new TreeSet<Integer>();
        expressions.forEach(expr -> collect(expr, args, new ArrayList<>()));
        return args;
    }

    /** Dims whose positions the expressions read. */
    static Collection<String> positions(List<ScalarExpr> expressions) {
        var dims = new ArrayList<String>();
        expressions.forEach(expr -> collect(expr, new TreeSet<>(), dims));
        return dims;
    }

    private static void collect(ScalarExpr expr, Collection<Integer> args, Collection<String> dims) {
        if (expr instanceof ScalarExpr.Arg arg) {
            args.add(arg.index());
        }
        if (expr instanceof ScalarExpr.IndexOf index) {
            dims.add(index.dim());
        }
        expr.children().forEach(child -> collect(child, args, dims));
    }

    static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }
}
