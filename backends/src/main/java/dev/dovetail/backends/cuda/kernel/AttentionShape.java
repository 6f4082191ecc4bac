package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaExpression;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchShape.GridAxis;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Sizes, mask and bias of one attention, declared for the kernels that share them.
 *
 * @param hasSinks whether a score of its own joins every row of a head
 */
record AttentionShape(AttentionPattern pattern, TensorType q, TensorType k, TensorType v, boolean hasSinks) {

    AttentionShape {
        requireOrder(q, pattern.queries(), Optional.of(q.dim(AttentionPattern.HEADS)));
        requireOrder(k, pattern.keys(), AttentionPattern.headsOf(k));
        requireOrder(v, pattern.keys(), AttentionPattern.headsOf(k));
    }

    private static void requireOrder(TensorType tensor, String first, Optional<Dim> heads) {
        var names = tensor.names();
        int n = names.size();
        boolean ordered = n >= 2
                && names.getFirst().equals(first)
                && (heads.isEmpty() || names.get(n - 2).equals(heads.get().name()))
                && names.getLast().equals(AttentionPattern.HEAD_DIM);
        if (!ordered) {
            throw new IllegalArgumentException("attention reads [" + first + ", batch, "
                    + heads.map(dim -> dim.name() + ", ").orElse("") + "head_dim], got " + tensor);
        }
    }

    int headDim() {
        return (int) q.dim(AttentionPattern.HEAD_DIM).bound();
    }

    int valueDim() {
        return (int) v.dim(AttentionPattern.HEAD_DIM).bound();
    }

    /** head_dim in whole tensor core steps. */
    int paddedHeadDim() {
        return Math.ceilDiv(headDim(), 16) * 16;
    }

    /** Of the queries, and so of all. */
    private List<Dim> batch() {
        return q.dims().subList(1, q.dims().size() - 2);
    }

    /** Blocks of {@code tile} queries for every batch element and query head. */
    LaunchShape perQuery(int tile, int threads) {
        return launch(q, q.select(List.of(AttentionPattern.HEADS)), tile, threads);
    }

    /** Blocks of {@code tile} keys for every batch element and KV head. */
    LaunchShape perKey(int tile, int threads) {
        return launch(k, AttentionPattern.headsOf(k).stream().toList(), tile, threads);
    }

    private LaunchShape launch(TensorType tensor, List<Dim> headDims, int tile, int threads) {
        var heads = new ArrayList<>(batch());
        heads.addAll(headDims);
        return new LaunchShape(
                new GridAxis(List.of(tensor.dims().getFirst()), tile), new GridAxis(heads, 1), GridAxis.ONE, threads);
    }

    /** Constants and functions common to every attention kernel. */
    void declare(KernelFile file) {
        CudaWriter out = file.declarations();
        out.constant("HEADS", q.dim(AttentionPattern.HEADS).bound())
                .constant("KV_HEADS", AttentionPattern.kvHeads(k))
                .constant("GROUP", q.dim(AttentionPattern.HEADS).bound() / AttentionPattern.kvHeads(k))
                .constant("HEAD_DIM", headDim())
                .constant("VALUE_DIM", valueDim())
                .constant("BATCH", MatMulShape.count(batch()));
        out.line("constexpr real SCALE = " + CudaExpression.literal(pattern.scale(), file.real()) + ";");
        out.blank()
                .comment(
                        "q: [queries, batch, heads, HEAD_DIM], o alike of VALUE_DIM; k: [keys, batch, kv_heads, HEAD_DIM], v alike of VALUE_DIM");
        function(
                out,
                "long long query_row(long long query, int batch, int head)",
                "return (query * BATCH + batch) * HEADS + head;");
        function(
                out,
                "long long key_row(long long key, int batch, int kv_head)",
                "return (key * BATCH + batch) * KV_HEADS + kv_head;");
        cap(out, file);
        mask(out);
        bias(out, file);
    }

    /** Without a cap both functions are the identity's. */
    private void cap(CudaWriter out, KernelFile file) {
        boolean caps = pattern.cap() > 0;
        if (caps) {
            out.line("constexpr real CAP = " + CudaExpression.literal(pattern.cap(), file.real()) + ";");
        }
        function(
                out,
                "real capped(real score)",
                caps ? "return CAP * hyperbolic_tangent(score / CAP);" : "return score;");
        function(
                out,
                "real slope_of_cap([[maybe_unused]] real capped_score)",
                caps ? "return real(1) - capped_score / CAP * (capped_score / CAP);" : "return real(1);");
        out.comment("What a row's sum of weights begins with, relative to its first peak.");
        out.line("constexpr real FIRST_WEIGHT = " + CudaExpression.literal(hasSinks ? 1 : 0, file.real()) + ";")
                .blank();
    }

    private static void function(CudaWriter out, String head, String body) {
        out.open("__device__ inline " + head).line(body).close().blank();
    }

    /** While decoding, the cache beyond the newest token holds nothing yet, whatever the mask. */
    private boolean lookingBack() {
        return pattern.causal() || pattern.start().isPresent();
    }

    private void mask(CudaWriter out) {
        var conditions = new ArrayList<String>();
        if (lookingBack()) {
            conditions.add("key <= position");
        }
        if (pattern.window() > 0) {
            conditions.add("key > position - " + pattern.window());
        }
        out.comment("Whether the query at `position` sees `key`.");
        function(
                out,
                "bool sees([[maybe_unused]] int position, [[maybe_unused]] int key)",
                "return " + (conditions.isEmpty() ? "true" : String.join(" && ", conditions)) + ";");
        out.comment("Keys that queries [first, last] may see, and queries that may see keys [first, last].");
        boolean window = pattern.window() > 0;
        function(
                out,
                "int keys_from([[maybe_unused]] int first)",
                window
                        ? "return first - " + pattern.window() + " < 0 ? 0 : first - " + (pattern.window() - 1) + ";"
                        : "return 0;");
        function(
                out,
                "int keys_to([[maybe_unused]] int last, int keys)",
                lookingBack() ? "return last + 1 < keys ? last + 1 : keys;" : "return keys;");
        function(out, "int positions_from([[maybe_unused]] int first)", lookingBack() ? "return first;" : "return 0;");
        function(
                out,
                "int positions_to([[maybe_unused]] int last, int end)",
                window
                        ? "return last + %d < end ? last + %d : end;".formatted(pattern.window(), pattern.window())
                        : "return end;");
    }

    private void bias(CudaWriter out, KernelFile file) {
        if (pattern.alibiHeads() > 0) {
            out.comment("ALiBi slopes of all heads of the model.");
            out.open("__device__ const real SLOPE[" + pattern.alibiHeads() + "] =");
            for (int from = 0; from < pattern.alibiHeads(); from += 8) {
                out.line(IntStream.range(from, Math.min(from + 8, pattern.alibiHeads()))
                        .mapToObj(head -> CudaExpression.literal(pattern.slope(head), file.real()))
                        .collect(Collectors.joining(", ", "", ",")));
            }
            out.close(";").blank();
            function(
                    out,
                    "real bias(int head, int position, int key)",
                    "return SLOPE[head] * static_cast<real>(key - position);");
        }
    }

    /** Declares what is known at launch: lengths, the first position and the first head of this shard. */
    void begin(CudaWriter body) {
        body.line("const int queries = " + IndexLoops.count(List.of(q.dims().getFirst())) + ";");
        body.line("const int keys = " + IndexLoops.count(List.of(k.dims().getFirst())) + ";");
        body.line("const int first_position = " + position(pattern.start()) + ";");
        beginPositions(body);
        // Without ALiBi the bias is a plain zero, and no head is asked for its slope.
        if (pattern.alibiHeads() > 0) {
            body.line("const int first_head = " + position(pattern.headStart()) + ";");
            body.line("const auto bias_of = [=](int head, int position, int key) {"
                    + " return bias(first_head + head, position, key); };");
        } else {
            body.line("const auto bias_of = [](int, int, int) { return real(0); };");
        }
    }

    /** Positions of queries, ascending, and how many of them stand before one. */
    private void beginPositions(CudaWriter body) {
        if (pattern.mirrored()) {
            body.line("const int stretch = queries / 2;");
            body.line("const int mirrored_position = keys - stretch - first_position;");
            body.line("const auto position_of = [=](int query) {"
                    + " return query < stretch ? first_position + query : mirrored_position + query - stretch; };");
            body.line("[[maybe_unused]] const auto queries_before = [=](int position) {"
                    + " return minimum(maximum(position - first_position, 0), stretch)"
                    + " + minimum(maximum(position - mirrored_position, 0), stretch); };");
        } else {
            body.line("const auto position_of = [=](int query) { return first_position + query; };");
            body.line("[[maybe_unused]] const auto queries_before = [=](int position) {"
                    + " return minimum(maximum(position - first_position, 0), queries); };");
        }
    }

    /** Declares the score that a row's peak begins with; gradients find it in the sums of logarithms. */
    void beginSinks(CudaWriter body) {
        if (hasSinks) {
            body.line("const auto sink_of = [=](int head) { return real(load(&sinks[head])); };");
        } else {
            body.line("const auto sink_of = [](int) { return negative_infinity<real>(); };");
        }
    }

    private static String position(Optional<String> symbol) {
        return symbol.isPresent() ? "static_cast<int>(" + GatherKernel.start(symbol) + ")" : "0";
    }
}
