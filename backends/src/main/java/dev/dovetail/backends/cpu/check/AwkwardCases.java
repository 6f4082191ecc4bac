package dev.dovetail.backends.cpu.check;

import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Carried;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Shift;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.ScalarExpr.BinaryKind;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Sizes that divide no tile and no vector, layouts that lie across, extents below their bound: one list per family. */
public final class AwkwardCases {
    /** One, a vector more or less than full, primes, more than a block of depth. */
    private static final int[][] PRODUCTS = {
        {1, 1, 1}, {1, 7, 33}, {7, 64, 16}, {8, 3, 32}, {9, 31, 5}, {17, 300, 70}, {31, 13, 1}, {130, 5, 67}
    };

    private static final int[] ROWS = {1, 7, 16, 33, 130};

    private final ElementType element;

    public AwkwardCases(ElementType element) {
        this.element = element;
    }

    /** Every case of every family. */
    public List<CheckCase> all() {
        return Stream.of(
                        products(),
                        elementwise(),
                        reductions(),
                        norms(),
                        rotations(),
                        lookups(),
                        experts(),
                        joins(),
                        recurrences(),
                        new AwkwardAttention(element).all())
                .flatMap(List::stream)
                .toList();
    }

    private TensorType type(Object... namesAndExtents) {
        return type(element, namesAndExtents);
    }

    static TensorType type(ElementType element, Object... namesAndExtents) {
        var dims = new ArrayList<Dim>();
        for (int i = 0; i < namesAndExtents.length; i += 2) {
            Extent extent = namesAndExtents[i + 1] instanceof Extent given
                    ? given
                    : Extent.of((Integer) namesAndExtents[i + 1]);
            dims.add(new Dim((String) namesAndExtents[i], extent));
        }
        return new TensorType(element, dims);
    }

    static CheckCase of(Op op, TensorType... operands) {
        return CheckCase.of(new KernelTask.Operator(op, List.of(operands)));
    }

    static CheckCase of(Op op, Map<String, Double> symbols, TensorType... operands) {
        return new CheckCase(new KernelTask.Operator(op, List.of(operands)), symbols);
    }

    /** Matrix products: every way the three matrices can lie. */
    public List<CheckCase> products() {
        var cases = new ArrayList<CheckCase>();
        for (int[] size : PRODUCTS) {
            int m = size[0];
            int k = size[1];
            int n = size[2];
            TensorType rows = type("m", m, "k", k);
            TensorType columns = type("k", k, "n", n);
            cases.add(of(new MatMul(List.of("m", "n")), rows, columns));
            cases.add(of(new MatMul(List.of("m", "n")), rows, type("n", n, "k", k)));
            cases.add(of(new MatMul(List.of("m", "n")), type("k", k, "m", m), columns));
            cases.add(of(new MatMul(List.of("n", "m")), rows, columns));
            cases.add(
                    of(new MatMul(List.of("b", "m", "n")), type("b", 2, "m", m, "k", k), type("k", k, "b", 2, "n", n)));
            cases.add(
                    of(new MatMul(List.of("m", "n", "b")), type("b", 2, "m", m, "k", k), type("k", k, "b", 2, "n", n)));
            cases.add(of(
                    new MatMul(List.of("m", "b", "n", "h")),
                    type("m", m, "k", k, "b", 3, "j", 2),
                    type("n", n, "j", 2, "h", 4, "k", k)));
        }
        var tokens = new Extent.Bounded("tokens", 40);
        cases.add(of(
                new MatMul(List.of("t", "n")),
                Map.of("tokens", 13.0),
                type("t", tokens, "k", 24),
                type("k", 24, "n", 48)));
        cases.add(of(
                new MatMul(List.of("m", "n")),
                Map.of("tokens", 7.0),
                type("m", 9, "t", tokens),
                type("t", tokens, "n", 20)));
        cases.addAll(manyProducts(tokens));
        return cases;
    }

    /** So many that each is one worker's own; and of rows and columns that do not lie side by side, those that become many. */
    private List<CheckCase> manyProducts(Extent tokens) {
        var cases = new ArrayList<CheckCase>();
        for (int[] size : new int[][] {{1, 7, 33}, {9, 31, 5}, {17, 300, 70}}) {
            int m = size[0];
            int k = size[1];
            int n = size[2];
            cases.add(of(
                    new MatMul(List.of("m", "b", "n")), type("b", 19, "m", m, "k", k), type("b", 19, "n", n, "k", k)));
        }
        cases.add(of(new MatMul(List.of("m", "h", "n")), type("m", 9, "k", 31), type("h", 3, "k", 31, "n", 21)));
        cases.add(of(
                new MatMul(List.of("g", "m", "h", "n")),
                type("m", 18, "g", 5, "k", 13),
                type("h", 4, "k", 13, "n", 17)));
        cases.add(of(
                new MatMul(List.of("t", "m", "n")),
                Map.of("tokens", 13.0),
                type("t", tokens, "m", 9, "k", 24),
                type("t", tokens, "k", 24, "n", 20)));
        return cases;
    }

    /** Maps, accumulation and updates. */
    public List<CheckCase> elementwise() {
        var cases = new ArrayList<CheckCase>();
        ScalarExpr mixed =
                Scalars.add(Scalars.multiply(Scalars.arg(0), Scalars.arg(1)), Scalars.sigmoid(Scalars.arg(2)));
        ScalarExpr picked = Scalars.select(
                Scalars.binary(
                        BinaryKind.EQUAL,
                        Scalars.add(new ScalarExpr.IndexOf("c"), new ScalarExpr.Symbol("first")),
                        Scalars.arg(1)),
                Scalars.constant(-1),
                Scalars.arg(0));
        var update = Map.of(AdamW.LEARNING_RATE, 1e-3, AdamW.FIRST_CORRECTION, 1.25, AdamW.SECOND_CORRECTION, 1.75);
        for (int c : ROWS) {
            TensorType x = type("r", 5, "c", c);
            cases.add(of(new MapOp(Activations.gelu(), x), x));
            cases.add(of(new MapOp(Derivative.of(Activations.gelu(), 0), x), x));
            cases.add(of(new MapOp(Derivative.of(Activations.silu(), 0), x), x));
            cases.add(of(new MapOp(Activations.geluErf(), x), x));
            cases.add(of(new MapOp(Derivative.of(Activations.geluErf(), 0), x), x));
            cases.add(of(new MapOp(mixed, x), x, type("r", 5), type("c", c)));
            cases.add(of(new MapOp(Scalars.arg(0), type("c", c, "r", 5)), x));
            cases.add(of(new MapOp(picked, x), Map.of("first", 2.0), x, type(ElementType.I32, "r", 5)));
            cases.add(CheckCase.of(new KernelTask.Accumulate(x)));
            cases.add(new CheckCase(new KernelTask.Update(new AdamW(0.9, 0.999, 1e-8, 0.01), x), update));
        }
        cases.add(of(new MapOp(Activations.relu(), type()), type()));
        cases.add(of(new MapOp(Activations.geluErf(), type()), type()));
        cases.add(CheckCase.of(new KernelTask.Accumulate(type("c", 9001))));
        TensorType bounded = type("t", new Extent.Bounded("tokens", 40), "c", 24);
        cases.add(of(new MapOp(Activations.gelu(), bounded), Map.of("tokens", 13.0), bounded));
        return cases;
    }

    /** Sums and maxima over inner, outer and all dims. */
    public List<CheckCase> reductions() {
        var cases = new ArrayList<CheckCase>();
        for (int c : ROWS) {
            TensorType x = type("r", 5, "c", c);
            TensorType space = type("q", 3, "r", 5, "c", c);
            for (Splitting reduction : List.of(Splitting.SUM, Splitting.MAX)) {
                for (var over : List.of(List.of("c"), List.of("r"), List.of("r", "c"))) {
                    ScalarExpr product = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
                    cases.add(of(new MapReduce(product, x, over, reduction), x, type("r", 5)));
                    cases.add(of(new MapReduce(Scalars.exp(Scalars.arg(0)), space, over, reduction), x));
                }
            }
        }
        TensorType bounded = type("t", new Extent.Bounded("tokens", 40), "c", 24);
        for (String over : List.of("t", "c")) {
            var sum = new MapReduce(Scalars.arg(0), bounded, List.of(over), Splitting.SUM);
            cases.add(of(sum, Map.of("tokens", 13.0), bounded));
        }
        return cases;
    }

    /** Norms and their gradients, over inner and outer dims. */
    public List<CheckCase> norms() {
        var cases = new ArrayList<CheckCase>();
        for (int w : ROWS) {
            for (NormKind kind : NormKind.values()) {
                TensorType row = type("w", w);
                for (TensorType x : List.of(type("s", 5, "b", 3, "w", w), type("s", 5, "w", w, "b", 3), row)) {
                    norm(cases, kind, x, row);
                }
            }
        }
        TensorType tokens = type("t", new Extent.Bounded("tokens", 40), "w", 24);
        var rms = new Normalize(NormKind.RMS, "w", 1e-5);
        cases.add(of(rms, Map.of("tokens", 11.0), tokens, type("w", 24)));
        return cases;
    }

    private static void norm(List<CheckCase> cases, NormKind kind, TensorType x, TensorType row) {
        TensorType statistic = x.without(row.names());
        String over = row.names().getFirst();
        var norm = new Normalize(kind, over, 1e-5);
        var grad = new NormalizeGrad(kind, over);
        switch (kind) {
            case RMS -> {
                cases.add(of(norm, x, row));
                cases.add(of(grad, x, x, row, statistic));
            }
            case LAYER -> {
                cases.add(of(norm, x, row, row));
                cases.add(of(grad, x, x, row, statistic, statistic));
            }
        }
    }

    /** Rotations of whole and of partial heads, with and without long-context scaling. */
    public List<CheckCase> rotations() {
        var cases = new ArrayList<CheckCase>();
        var stretch = new RotaryEmbedding.Stretch(8, 1, 4, 128);
        var yarn = new RotaryEmbedding.Yarn(4, 1, 32, 128, true);
        for (int[] size : new int[][] {{2, 2}, {6, 4}, {32, 32}, {70, 32}}) {
            TensorType x = type("s", 7, "b", 2, "heads", 3, "head_dim", size[0]);
            var plain = RotaryEmbedding.of(10000, size[1]);
            cases.add(of(new Rotate(plain, false), x, type(ElementType.I32, "s", 7, "b", 2)));
            cases.add(of(new Rotate(plain, true), x, type(ElementType.I32, "s", 7)));
            var stretched = RotaryEmbedding.of(500000, size[1], stretch);
            cases.add(of(new Rotate(stretched, false), x, type(ElementType.I32, "s", 7, "b", 2)));
            var scaled = new RotaryEmbedding(10000, size[1], Optional.of(yarn), 1.25);
            cases.add(of(new Rotate(scaled, true), x, type(ElementType.I32, "s", 7, "b", 2)));
        }
        return cases;
    }

    /** Routing, queues that are full and queues that are not, and shards of experts. */
    public List<CheckCase> experts() {
        var cases = new ArrayList<CheckCase>();
        TensorType scores = type("s", 9, "b", 2, "routes", 6);
        TensorType places = scores.withElement(ElementType.I32);
        TensorType bias = type("routes", 6);
        cases.add(of(new Route("routes", 2, 4, 1, 1, 1, 0), scores));
        cases.add(of(new Route("routes", 6, 9, 1, 1, 1, 0), scores, bias));
        cases.add(of(new Route("routes", 2, 3, 3, 1, 2, 0), scores, bias));
        cases.add(of(new Route("routes", 1, 9, 2, 1, 1, 0), scores));
        var tokens = new Extent.Bounded("tokens", 9);
        TensorType few = type("s", tokens, "b", 2, "routes", 6);
        cases.add(of(new Route("routes", 2, 9, 1, 1, 1, 0), Map.of("tokens", 5.0), few));
        for (int w : ROWS) {
            TensorType x = type("s", 9, "b", 2, "w", w);
            TensorType queues = type("e", 4, "b", 2, "capacity", 4, "w", w);
            TensorType all = type("e", 6, "b", 2, "capacity", 4, "w", w);
            var whole = new Dispatch(Dim.of("e", 6), Dim.of("capacity", 4), Optional.empty());
            var shard = new Dispatch(Dim.of("e", 4), Dim.of("capacity", 4), Optional.of("first"));
            var first = Map.of("first", 1.0);
            cases.add(of(whole, x, places));
            cases.add(of(shard, first, x, places, scores));
            cases.add(of(new Combine("e", Optional.empty()), all, places, scores));
            cases.add(of(new Combine("e", Optional.of("first")), first, queues, places));
            cases.add(of(new GateGrad("e", Optional.empty()), x, all, places));
            cases.add(of(new GateGrad("e", Optional.of("first")), first, x, queues, places));
            var held = Optional.of("first");
            cases.add(of(shard.stretch(2, 4), first, x, places, scores));
            cases.add(of(new Combine("e", held).stretch(2), first, queues, places, scores));
            cases.add(of(new GateGrad("e", held, Optional.of(2L)), first, x, queues, places));
        }
        return cases;
    }

    /** Rows side by side, one operand repeated, and parts of rows. */
    public List<CheckCase> joins() {
        var cases = new ArrayList<CheckCase>();
        for (int w : ROWS) {
            TensorType own = type("s", 5, "b", 2, "h", 3, "w", w);
            cases.add(of(new Join("w"), type("s", 5, "b", 2, "w", 6), own));
            cases.add(of(new Join("all"), type("s", 5, "b", 2, "h", 3, "v", 3), own));
            cases.add(of(new Part(Dim.of("w", w), 2), type("s", 5, "b", 2, "w", w + 3)));
            cases.add(of(new Part(Dim.of("v", w), 0), type("b", 2, "w", w + 1)));
        }
        return cases;
    }

    /** Shifts both ways, scans both ways with decays of their own and shared ones, and rings that go on from earlier calls. */
    public List<CheckCase> recurrences() {
        var cases = new ArrayList<CheckCase>();
        var tokens = new Extent.Bounded("tokens", 20);
        for (int w : ROWS) {
            TensorType x = type("s", 9, "b", 3, "w", w);
            cases.add(of(Shift.of("s", 2), x));
            cases.add(of(Shift.of("b", -1), x));
            cases.add(of(Shift.of("w", 1), x));
            cases.add(of(new Regroup(x.select(List.of("s")), List.of(Dim.of("c", 3), Dim.of("p", 3))), x));
            cases.add(of(Scan.of("s"), x, x));
            cases.add(of(Scan.of("b"), type("s", 9, "b", 3), x));
            cases.add(of(new Scan("s", true, Optional.empty()), type("s", 9, "w", w), x));
            TensorType fresh = type("s", tokens, "b", 2, "w", w);
            TensorType ring = type("r", 4, "b", 2, "w", w);
            var carried = Optional.of(new Carried("r", "at"));
            var write = new CacheWrite("r", "s", "at", true);
            for (double at : new double[] {0, 1, 7}) {
                var symbols = Map.of("at", at, "tokens", at == 7 ? 2.0 : 9.0);
                cases.add(of(new Shift("s", 3, carried), symbols, fresh, ring));
                cases.add(of(new Scan("s", false, carried), symbols, type("s", tokens, "b", 2), fresh, ring));
                cases.add(of(write, symbols, ring, fresh));
            }
        }
        return cases;
    }

    /** Lookups, their gradients, and caches. */
    public List<CheckCase> lookups() {
        var cases = new ArrayList<CheckCase>();
        var tokens = new Extent.Bounded("tokens", 20);
        var first = Map.of("first", 12.0);
        for (int w : ROWS) {
            TensorType ids = type(ElementType.I32, "s", 9, "b", 2);
            TensorType table = type("v", 12, "w", w);
            TensorType rows = type("s", 9, "b", 2, "w", w);
            Dim v = Dim.of("v", 12);
            cases.add(of(new Gather("v", Optional.empty()), ids, table));
            cases.add(of(new Gather("v", Optional.of("first")), first, ids, table));
            cases.add(of(
                    new Gather("v", Optional.empty()),
                    Map.of("tokens", 17.0),
                    type(ElementType.I32, "t", tokens),
                    table));
            cases.add(of(new ScatterAdd(v, Optional.empty()), ids, rows));
            cases.add(of(new ScatterAdd(v, Optional.of("first")), first, ids, rows));
            var write = CacheWrite.all("past", "s", "at");
            cases.add(of(write, Map.of("at", 5.0), type("past", 20, "b", 3, "w", w), type("s", 4, "b", 3, "w", w)));
            cases.add(of(write, Map.of("at", 16.0), type("b", 3, "past", 20, "w", w), type("b", 3, "s", 4, "w", w)));
            cases.add(of(write, Map.of("at", 5.0, "tokens", 3.0), type("past", 20, "w", w), type("s", tokens, "w", w)));
        }
        return cases;
    }
}
