package dev.dovetail.backends.cpu.family;

import dev.dovetail.ir.scalar.ScalarExpr;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** What expressions read. */
final class ScalarSearch {
    private ScalarSearch() {}

    /** Dims whose position is read. */
    static Set<String> indexedDims(Collection<ScalarExpr> expressions) {
        var dims = new HashSet<String>();
        expressions.forEach(e -> collect(e, dims));
        return dims;
    }

    private static void collect(ScalarExpr expr, Set<String> dims) {
        if (expr instanceof ScalarExpr.IndexOf index) {
            dims.add(index.dim());
        }
        expr.children().forEach(child -> collect(child, dims));
    }
}
