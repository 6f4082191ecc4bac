package dev.dovetail.backends.cpu.family;

import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A contraction as a batched matrix product: y[batch, m, n] = Σ_k rows[batch, m, k] · columns[batch, k, n]. Tensor 0 of each
 * nest is the operand that owns the rows, tensor 1 the one that owns the columns, tensor 2 the result.
 *
 * @param swapped whether the right operand owns the rows; columns are the ones that lie side by side in the result
 */
record MatMulShape(boolean swapped, LoopNest batch, LoopNest m, LoopNest n, LoopNest k) {
    static final int ROWS = 0;
    static final int COLUMNS = 1;
    static final int RESULT = 2;

    /** Sums from this length on take so long that storing element by element does not show. */
    private static final int DEEP = 512;

    /** The least rows or columns of a product that pay for its packing. */
    private static final int WIDE = 16;

    static MatMulShape of(MatMul op, TensorType left, TensorType right) {
        TensorType result = op.results(List.of(left, right)).getFirst();
        var wide = result.dims().stream().filter(d -> d.bound() > 1).toList();
        boolean swapped = !wide.isEmpty() && !right.has(wide.getLast().name());
        TensorType rows = swapped ? right : left;
        TensorType columns = swapped ? left : right;
        var tensors = List.of(rows, columns, result);
        var shape = new MatMulShape(
                swapped,
                nest(result, tensors, d -> rows.has(d.name()) && columns.has(d.name())),
                nest(result, tensors, d -> !columns.has(d.name())),
                nest(result, tensors, d -> !rows.has(d.name())),
                nest(columns, tensors, d -> rows.has(d.name()) && !result.has(d.name())));
        return shape.k.bound() < DEEP ? shape.withPlainNests() : shape;
    }

    /**
     * Of rows, and of columns, that do not lie side by side, all loops but the innermost around products of what does: stored
     * tile by tile, at the price of packing the other operand each time.
     */
    private MatMulShape withPlainNests() {
        var around = new ArrayList<>(batch.dims());
        LoopNest innerM = innermost(m, around);
        LoopNest innerN = innermost(n, around);
        return new MatMulShape(swapped, new LoopNest(around), innerM, innerN, k);
    }

    private static LoopNest innermost(LoopNest nest, List<LoopDim> around) {
        if (isPlain(nest) || nest.last().bound() < WIDE) {
            return nest;
        }
        around.addAll(nest.outer().dims());
        return new LoopNest(List.of(nest.last()));
    }

    private static LoopNest nest(TensorType order, List<TensorType> tensors, Predicate<Dim> chosen) {
        return LoopNest.over(order.dims().stream().filter(chosen).toList(), tensors, java.util.Set.of());
    }

    /** Whether a nest is one loop, or none, that walks {@code tensor} element by element. */
    static boolean isContiguous(LoopNest nest, int tensor) {
        return nest.isEmpty() || (nest.dims().size() == 1 && nest.last().stride(tensor) == 1);
    }

    static boolean isPlain(LoopNest nest) {
        return nest.dims().size() <= 1;
    }

    /** Whether rows are copied depth fastest: columns of their operand that lie side by side are copied side by side. */
    boolean rowsAreDeep() {
        return !isContiguous(m, ROWS) || m.isEmpty();
    }

    String text() {
        String b = batch.isEmpty() ? "" : "b" + extent(batch) + "_";
        return b + extent(m) + "x" + extent(k) + "x" + extent(n);
    }

    private static String extent(LoopNest nest) {
        return nest.bound() + (nest.dims().stream().allMatch(LoopDim::isFixed) ? "" : "n");
    }
}
