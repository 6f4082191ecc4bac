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

/** Sizes, mask and bias of one attention, declared for the kernels that share them. */
record AttentionShape(AttentionPattern pattern, TensorType q, TensorType k) {

    AttentionShape {
        requireOrder(q, pattern.queries(), AttentionPattern.HEADS);
        requireOrder(k, pattern.keys(), AttentionPattern.KV_HEADS);
    }

    private static void requireOrder(TensorType tensor, String first, String heads) {
        var names = tensor.names();
        int n = names.size();
        boolean ordered = n >= 3
                && names.getFirst().equals(first)
                && names.get(n - 2).equals(heads)
                && names.getLast().equals(AttentionPattern.HEAD_DIM);
        if (!ordered) {
            throw new IllegalArgumentException(
                    "attention reads [" + first + ", batch, " + heads + ", head_dim], got " + tensor);
        }
    }

    int headDim() {
        return (int) q.dim(AttentionPattern.HEAD_DIM).bound();
    }

    /** head_dim in whole tensor core steps. */
    int paddedHeadDim() {
        return Math.ceilDiv(headDim(), 16) * 16;
    }

    private List<Dim> batch(TensorType tensor) {
        return tensor.dims().subList(1, tensor.dims().size() - 2);
    }

    /** Blocks of {@code tile} queries for every batch element and query head. */
    LaunchShape perQuery(int tile, int threads) {
        return launch(q, tile, threads);
    }

    /** Blocks of {@code tile} keys for every batch element and KV head. */
    LaunchShape perKey(int tile, int threads) {
        return launch(k, tile, threads);
    }

    private LaunchShape launch(TensorType tensor, int tile, int threads) {
        var heads = new ArrayList<>(batch(tensor));
        heads.add(tensor.dims().get(tensor.dims().size() - 2));
        return new LaunchShape(
                new GridAxis(List.of(tensor.dims().getFirst()), tile), new GridAxis(heads, 1), GridAxis.ONE, threads);
    }

    /** Constants and functions common to every attention kernel. */
    void declare(KernelFile file) {
        CudaWriter out = file.declarations();
        out.constant("HEADS", q.dim(AttentionPattern.HEADS).bound())
                .constant("KV_HEADS", k.dim(AttentionPattern.KV_HEADS).bound())
                .constant(
                        "GROUP",
                        q.dim(AttentionPattern.HEADS).bound()
                                / k.dim(AttentionPattern.KV_HEADS).bound())
                .constant("HEAD_DIM", headDim())
                .constant("BATCH", MatMulShape.count(batch(q)));
        out.line("constexpr real SCALE = " + CudaExpression.literal(pattern.scale(), file.real()) + ";");
        out.blank().comment("q, o: [queries, batch, heads, head_dim]; k, v: [keys, batch, kv_heads, head_dim]");
        function(
                out,
                "long long query_row(long long query, int batch, int head)",
                "return (query * BATCH + batch) * HEADS + head;");
        function(
                out,
                "long long key_row(long long key, int batch, int kv_head)",
                "return (key * BATCH + batch) * KV_HEADS + kv_head;");
        mask(out);
        bias(out, file);
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
        // Without ALiBi the bias is a plain zero, and no head is asked for its slope.
        if (pattern.alibiHeads() > 0) {
            body.line("const int first_head = " + position(pattern.headStart()) + ";");
            body.line("const auto bias_of = [=](int head, int position, int key) {"
                    + " return bias(first_head + head, position, key); };");
        } else {
            body.line("const auto bias_of = [](int, int, int) { return real(0); };");
        }
    }

    private static String position(Optional<String> symbol) {
        return symbol.isPresent() ? "static_cast<int>(" + GatherKernel.start(symbol) + ")" : "0";
    }
}
