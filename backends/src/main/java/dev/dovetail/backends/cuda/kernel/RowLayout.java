package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/** A tensor as rows along one dim, wherever that dim is stored. */
record RowLayout(TensorType tensor, String along) {

    List<Dim> rows() {
        return tensor.without(List.of(along)).dims();
    }

    Dim length() {
        return tensor.dim(along);
    }

    long stride() {
        return IndexLoops.stride(tensor, along);
    }

    /** Declares {@code row_start}, the offset of row {@code row}'s first element, and {@code statistic}, its place. */
    void locate(CudaWriter body, String row, TensorType statistic) {
        String index = KernelFile.indexType(List.of(tensor));
        IndexLoops loops = IndexLoops.over(rows(), List.of(tensor, statistic), List.of());
        loops.decompose(body, index, row);
        body.line("const " + index + " row_start = " + loops.offset(tensor) + ";");
        body.line("const " + index + " statistic = " + loops.offset(statistic) + ";");
    }

    /** How many rows there are, inside a kernel. */
    String count() {
        return IndexLoops.over(rows(), List.of(), List.of()).length();
    }
}
