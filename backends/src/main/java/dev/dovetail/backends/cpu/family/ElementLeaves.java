package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What an element expression reads at one point of a nest, or at a vector of points along loop {@code laneDim}.
 *
 * @param reads operand i of the expression, tensor i of the nest
 * @param positions along each loop of the nest
 * @param laneDim the loop whose neighbours fill a vector; -1 reads one element
 * @param mask lanes that exist
 */
record ElementLeaves(
        KernelFrame frame, LoopNest nest, List<Buffer> reads, List<Index> positions, int laneDim, Optional<String> mask)
        implements ScalarLowering.Leaves {

    @Override
    public Expr arg(int index) {
        Location at = reads.get(index).at(nest.offset(index, positions));
        if (at.buffer().element() == ElementType.I32) {
            return new Expr.FromIndex(new Index.Read(at));
        }
        boolean moves = laneDim >= 0 && nest.dims().get(laneDim).stride(index) != 0;
        return moves ? new Expr.LoadVector(at, mask) : new Expr.Load(at);
    }

    @Override
    public Expr indexOf(String dim) {
        for (int d = 0; d < nest.dims().size(); d++) {
            if (nest.dims().get(d).names().equals(List.of(dim))) {
                Index at = positions.get(d);
                return d == laneDim ? new Expr.Ramp(at) : new Expr.FromIndex(at);
            }
        }
        throw new IllegalStateException("no loop of its own for dim " + dim + " in " + nest);
    }

    @Override
    public Expr symbol(String name) {
        return frame.number(name);
    }

    /** Whether every tensor that moves along loop {@code dim} moves by one floating-point element. */
    static boolean fillsVectors(LoopNest nest, int dim, List<Buffer> reads) {
        for (int t = 0; t < reads.size(); t++) {
            long stride = nest.dims().get(dim).stride(t);
            boolean fits = stride == 0 || (stride == 1 && reads.get(t).element().isFloating());
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    /** Leaves that stay the same along loop {@code dim}. */
    static Predicate<ScalarExpr> constantAlong(LoopNest nest, int dim) {
        return leaf -> switch (leaf) {
            case ScalarExpr.Arg a -> nest.dims().get(dim).stride(a.index()) == 0;
            case ScalarExpr.IndexOf i -> !nest.dims().get(dim).names().contains(i.dim());
            case ScalarExpr.Const c -> true;
            case ScalarExpr.Symbol s -> true;
            case ScalarExpr.Detached d -> false;
            case ScalarExpr.Unary u -> false;
            case ScalarExpr.Binary b -> false;
            case ScalarExpr.Select s -> false;
        };
    }
}
