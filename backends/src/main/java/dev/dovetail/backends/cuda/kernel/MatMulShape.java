package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** A contraction by dim names seen as a batch of M x N products over K terms, in whatever order tensors are stored. */
record MatMulShape(
        TensorType left,
        TensorType right,
        TensorType product,
        List<Dim> batch,
        List<Dim> rows,
        List<Dim> columns,
        List<Dim> terms) {

    static MatMulShape of(MatMul op, TensorType left, TensorType right, TensorType product) {
        return new MatMulShape(
                left,
                right,
                product,
                product.dims().stream()
                        .filter(dim -> left.has(dim.name()) && right.has(dim.name()))
                        .toList(),
                product.dims().stream().filter(dim -> !right.has(dim.name())).toList(),
                product.dims().stream().filter(dim -> !left.has(dim.name())).toList(),
                left.select(op.contracted(left, right)));
    }

    static long count(List<Dim> dims) {
        return dims.stream().mapToLong(Dim::bound).reduce(1, Math::multiplyExact);
    }

    /** Declares the extents and the functions from (batch b, row m, column n, term k) to element offsets. */
    void declare(CudaWriter body) {
        body.comment("M: " + names(rows) + "; N: " + names(columns) + "; K: " + names(terms)
                + (batch.isEmpty() ? "" : "; batched over " + names(batch)));
        body.line("const int m_extent = " + IndexLoops.count(rows) + ";");
        body.line("const int n_extent = " + IndexLoops.count(columns) + ";");
        body.line("const int k_extent = " + IndexLoops.count(terms) + ";");
        offset(body, "left_offset", left, rows, "m_at", terms, "k_at");
        offset(body, "right_offset", right, columns, "n_at", terms, "k_at");
        offset(body, "product_offset", product, rows, "m_at", columns, "n_at");
    }

    private static String names(List<Dim> dims) {
        return dims.isEmpty()
                ? "none"
                : String.join(" x ", dims.stream().map(Dim::name).toList());
    }

    private void offset(
            CudaWriter body,
            String name,
            TensorType tensor,
            List<Dim> first,
            String firstIndex,
            List<Dim> second,
            String secondIndex) {
        String type = KernelFile.indexType(List.of(tensor));
        body.open("const auto %s = [=](int b_at, int %s, int %s)".formatted(name, firstIndex, secondIndex));
        var loops = new ArrayList<IndexLoops.Loop>();
        loops.addAll(part(body, type, tensor, batch, "b_at"));
        loops.addAll(part(body, type, tensor, first, firstIndex));
        loops.addAll(part(body, type, tensor, second, secondIndex));
        body.line("return " + new IndexLoops(loops).offset(tensor) + ";").close(";");
    }

    private static List<IndexLoops.Loop> part(
            CudaWriter body, String type, TensorType tensor, List<Dim> dims, String index) {
        IndexLoops loops = IndexLoops.over(dims, List.of(tensor), List.of());
        if (dims.isEmpty()) {
            body.line("static_cast<void>(" + index + ");");
        }
        loops.decompose(body, type, index);
        return loops.loops();
    }

    /**
     * Whether aligned groups of eight terms, or of eight of the {@code outer} dims, lie together in {@code tensor}.
     *
     * @param outer its rows or columns
     */
    boolean neighboursInEights(TensorType tensor, List<Dim> outer) {
        if (tensor.dims().isEmpty() || !(tensor.dims().getLast().extent() instanceof Extent.Fixed inner)) {
            return false;
        }
        String innermost = tensor.dims().getLast().name();
        boolean outerAdjoin = !outer.isEmpty() && outer.getLast().name().equals(innermost);
        return inner.length() % 8 == 0 && (termsAdjoin(tensor) || outerAdjoin);
    }

    /** Whether neighbouring terms of {@code tensor} are neighbours in memory. */
    boolean termsAdjoin(TensorType tensor) {
        return !terms.isEmpty()
                && tensor.dims().getLast().name().equals(terms.getLast().name());
    }
}
