package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaExpression;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rotary position embedding: one thread turns one pair, or copies one element that does not turn. */
public final class RotateKernel {
    private static final int THREADS = 256;

    private static final String BODY = """
            if (lane >= PAIRS) {
                store(&y[row_at + PAIRS + lane], load(&x[row_at + PAIRS + lane]));
                return;
            }
            // In double, then brought near zero: a float angle of 100,000 radians is off by a hundredth.
            const double turns = static_cast<double>(position) * FREQUENCY[lane] * DIRECTION / 6.283185307179586;
            const double angle = (turns - rint(turns)) * 6.283185307179586;
            const real cosine = MAGNITUDE * static_cast<real>(cos_of(static_cast<real>(angle)));
            const real sine = MAGNITUDE * static_cast<real>(sin_of(static_cast<real>(angle)));
            const real a = load(&x[row_at + lane]);
            const real b = load(&x[row_at + lane + PAIRS]);
            store(&y[row_at + lane], a * cosine - b * sine);
            store(&y[row_at + lane + PAIRS], b * cosine + a * sine);
            """;

    private RotateKernel() {}

    public static CudaKernel of(KernelRequest request, Rotate op) {
        TensorType x = request.work().operands().get(0);
        TensorType positions = request.work().operands().get(1);
        RotaryEmbedding embedding = op.embedding();
        int headDim = (int) x.dim(AttentionPattern.HEAD_DIM).bound();
        int pairs = embedding.rotated() / 2;
        var file = new KernelFile(request, List.of("x", "positions"), List.of("y"));
        declare(file, embedding, op.inverse());
        // A thread takes the place of a pair, or of an element beyond the pairs.
        var threads =
                new ArrayList<>(x.without(List.of(AttentionPattern.HEAD_DIM)).dims());
        threads.add(Dim.of("lane", headDim - pairs));
        IndexLoops loops = IndexLoops.over(threads, List.of(x, positions), List.of("lane"));
        String index = KernelFile.indexType(List.of(x));
        var body = new CudaWriter();
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.open("if (at >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "at");
        body.line("const " + index + " row_at = " + loops.offset(x) + ";");
        body.line("const int position = positions[" + loops.offset(positions) + "];");
        body.lines(BODY);
        return file.choose("one thread per pair")
                .entry(LaunchShape.linear(threads, THREADS, THREADS), body.toString())
                .build();
    }

    private static void declare(KernelFile file, RotaryEmbedding embedding, boolean inverse) {
        int pairs = embedding.rotated() / 2;
        file.declarations().constant("PAIRS", pairs);
        file.declarations().line("constexpr double DIRECTION = " + (inverse ? "-1.0" : "1.0") + ";");
        file.declarations()
                .line("constexpr real MAGNITUDE = " + CudaExpression.literal(embedding.magnitude(), file.real()) + ";");
        file.declarations().comment("radians per position, theta " + embedding.theta());
        file.declarations().open("__device__ const double FREQUENCY[PAIRS] =");
        for (int from = 0; from < pairs; from += 4) {
            file.declarations()
                    .line(IntStream.range(from, Math.min(from + 4, pairs))
                            .mapToObj(pair -> Double.toString(embedding.frequency(pair)))
                            .collect(Collectors.joining(", ", "", ",")));
        }
        file.declarations().close(";");
        String suffix = file.real() == ElementType.F64 ? "" : "f";
        file.declarations().open("__device__ inline real cos_of(real angle)");
        file.declarations().line("return cos" + suffix + "(angle);").close();
        file.declarations().open("__device__ inline real sin_of(real angle)");
        file.declarations().line("return sin" + suffix + "(angle);").close();
    }
}
