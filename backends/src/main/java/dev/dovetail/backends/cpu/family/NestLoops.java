package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Walks a nest with its innermost loop in vectors, and sums along a row. */
final class NestLoops {

    /** The work at some positions; the last is the first lane of a vector, or one element where a nest has no vectors. */
    interface Body {
        void write(Code code, List<Index> positions, Optional<String> mask);
    }

    /** What a sum adds at element {@code first} of a row and the lanes after it. */
    interface Term {
        Expr at(Code code, Index first, Optional<String> mask);
    }

    private NestLoops() {}

    /** Lanes with which a nest can be walked: 1 where a tensor does not lie side by side along the innermost loop. */
    static int lanes(LoopNest nest, int lanes) {
        return nest.isEmpty() || nest.last().strides().stream().anyMatch(s -> s != 1) ? 1 : lanes;
    }

    static void walk(Code code, LoopNest nest, int lanes, Body body) {
        walk(code, nest, lanes, List.of(), body);
    }

    private static void walk(Code code, LoopNest nest, int lanes, List<Index> positions, Body body) {
        int depth = positions.size();
        if (depth == nest.dims().size()) {
            body.write(code, positions, Optional.empty());
            return;
        }
        LoopDim dim = nest.dims().get(depth);
        if (depth == nest.dims().size() - 1) {
            LaneLoop.write(
                    code,
                    dim.counter(),
                    Index.ZERO,
                    dim.extent(),
                    lanes(nest, lanes),
                    (inner, i, mask) -> body.write(inner, with(positions, i), mask));
            return;
        }
        code.loop(dim.counter(), dim.extent(), (inner, i) -> walk(inner, nest, lanes, with(positions, i), body));
    }

    static List<Index> with(List<Index> positions, Index next) {
        return Stream.concat(positions.stream(), Stream.of(next)).toList();
    }

    /** Several sums over one pass along a row of {@code extent} elements. */
    static List<Expr> sums(Code code, String counter, Index extent, int lanes, List<Term> terms) {
        var wide = new ArrayList<Expr.Local>();
        var rest = new ArrayList<Expr.Local>();
        boolean exact = extent.floorTo(lanes).equals(extent);
        for (int t = 0; t < terms.size(); t++) {
            wide.add(code.variable("sum", Expr.literal(0).broadcast()));
            if (!exact) {
                rest.add(code.variable("rest", Expr.literal(0)));
            }
        }
        LaneLoop.write(code, counter, Index.ZERO, extent, lanes, extent, (body, first, mask) -> {
            for (int t = 0; t < terms.size(); t++) {
                Expr term = terms.get(t).at(body, first, mask);
                if (mask.isPresent()) {
                    body.assign(rest.get(t), rest.get(t).plus(new Expr.Reduce(BinaryKind.ADD, term, mask)));
                } else {
                    body.assign(wide.get(t), wide.get(t).plus(term));
                }
            }
        });
        var totals = new ArrayList<Expr>();
        for (int t = 0; t < terms.size(); t++) {
            Expr lanesTotal = wide.get(t).sumOfLanes();
            totals.add(exact ? lanesTotal : lanesTotal.plus(rest.get(t)));
        }
        return totals;
    }
}
