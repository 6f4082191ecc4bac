package dev.dovetail.cli.calibrate;

import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.Workloads;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
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
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The kernels that calibration times: every family at sizes spread over what models use, none taken from a spec. */
final class KernelSamples {
    /** Rows, columns and depth of the matrix products: square, wide, deep and thin ones, some of powers of two as models like them. */
    private static final int[][] PRODUCTS = {
        {192, 192, 192},
        {384, 96, 96},
        {640, 320, 160},
        {640, 160, 320},
        {1280, 96, 384},
        {96, 768, 384},
        {1024, 512, 64},
        {1024, 256, 256},
        {256, 64, 1024},
        {512, 512, 512}
    };

    /** How many, then rows, columns and depth: the small products of heads, chunks and experts. */
    private static final int[][] BATCHED_PRODUCTS = {
        {48, 24, 40, 24}, {192, 32, 32, 16}, {24, 40, 24, 192}, {24, 48, 160, 40}, {6, 160, 96, 96}
    };

    /** Sequence, batch, heads and head dim. */
    private static final int[][] ATTENTIONS = {{64, 6, 3, 48}, {96, 4, 4, 24}, {192, 3, 4, 32}, {256, 2, 2, 64}};

    /** Rows and columns of activations: in the cache of a core, and beyond it. */
    private static final int[][] ACTIVATIONS = {{160, 96}, {640, 192}, {640, 768}, {2560, 640}};

    private final ElementType element;
    private final List<Sample> samples = new ArrayList<>();

    /** One operator with its operands' types. */
    record Sample(Op op, List<TensorType> operands) {}

    private KernelSamples(ElementType element) {
        this.element = element;
    }

    static List<Sample> of(ElementType element) {
        var all = new KernelSamples(element);
        for (int[] p : PRODUCTS) {
            all.products(p[0], p[1], p[2]);
        }
        for (int[] p : BATCHED_PRODUCTS) {
            all.batchedProducts(p[0], p[1], p[2], p[3]);
        }
        for (int[] a : ATTENTIONS) {
            all.attention(a[0], a[1], a[2], a[3]);
        }
        for (int[] a : ACTIVATIONS) {
            all.elementwise(a[0], a[1]);
            all.elementwiseInGroups(a[0], a[1]);
            all.norms(a[0], a[1]);
            all.lookups(a[0], a[1]);
            all.experts(a[0], a[1]);
            all.joins(a[0], a[1]);
            all.recurrences(a[0], a[1]);
        }
        return List.copyOf(all.samples);
    }

    /** Whether everything there are samples of was measured: what older versions measured may lack a family. */
    static boolean allMeasured(MachineProfile profile) {
        return of(ElementType.F32).stream()
                .map(sample -> Workloads.of(sample.op(), sample.operands()).law())
                .distinct()
                .allMatch(law -> profile.law(law, ElementType.F32).isPresent());
    }

    private void add(Op op, TensorType... operands) {
        samples.add(new Sample(op, List.of(operands)));
    }

    private TensorType type(Dim... dims) {
        return TensorType.of(element, dims);
    }

    /** A forward product, the gradient of its input and that of its weight, and the layout that is left. */
    private void products(int m, int n, int k) {
        Dim rows = Dim.of("rows", m);
        Dim columns = Dim.of("columns", n);
        Dim depth = Dim.of("depth", k);
        var result = List.of("rows", "columns");
        add(new MatMul(result), type(rows, depth), type(depth, columns));
        add(new MatMul(result), type(rows, depth), type(columns, depth));
        add(new MatMul(result), type(depth, rows), type(depth, columns));
        add(new MatMul(result), type(depth, rows), type(columns, depth));
    }

    private void batchedProducts(int count, int m, int n, int k) {
        Dim batch = Dim.of("batch", count);
        Dim rows = Dim.of("rows", m);
        Dim columns = Dim.of("columns", n);
        Dim depth = Dim.of("depth", k);
        var result = List.of("batch", "rows", "columns");
        add(new MatMul(result), type(batch, rows, depth), type(batch, depth, columns));
        add(new MatMul(result), type(batch, rows, depth), type(batch, columns, depth));
        add(new MatMul(result), type(batch, depth, rows), type(batch, depth, columns));
        add(new MatMul(List.of("rows", "batch", "columns")), type(rows, batch, depth), type(batch, depth, columns));
    }

    private void attention(int sequence, int batch, int heads, int headDim) {
        Dim s = Dim.of("sequence", sequence);
        Dim b = Dim.of("batch", batch);
        Dim h = Dim.of(AttentionPattern.HEADS, heads);
        Dim kv = Dim.of(AttentionPattern.KV_HEADS, heads);
        Dim d = Dim.of(AttentionPattern.HEAD_DIM, headDim);
        TensorType q = type(s, b, h, d);
        TensorType k = type(s, b, kv, d);
        double scale = 1 / Math.sqrt(headDim);
        for (var pattern : List.of(AttentionPattern.causal(scale), AttentionPattern.whole(scale))) {
            add(new Attend(pattern), q, k, k);
            add(new AttendGrad(pattern), q, q, k, k, q, type(s, b, h));
        }
        var rotary = RotaryEmbedding.of(10000, headDim);
        add(new Rotate(rotary, false), q, TensorType.of(ElementType.I32, s, b));
    }

    private void elementwise(int rows, int columns) {
        TensorType space = type(Dim.of("rows", rows), Dim.of("columns", columns));
        TensorType row = type(Dim.of("columns", columns));
        TensorType column = type(Dim.of("rows", rows));
        ScalarExpr sum = Scalars.add(Scalars.arg(0), Scalars.arg(1));
        ScalarExpr geluSlope = Scalars.multiply(Scalars.arg(1), Derivative.of(Activations.gelu(), 0));
        add(new MapOp(sum, space), space, space);
        add(new MapOp(sum, space), space, row);
        add(new MapOp(Activations.gelu(), space), space);
        add(new MapOp(geluSlope, space), space, space);
        add(new MapOp(Activations.silu(), space), space);
        ScalarExpr exp = Scalars.exp(Scalars.subtract(Scalars.arg(0), Scalars.arg(1)));
        add(new MapReduce(Scalars.arg(0), space, List.of("columns"), Splitting.MAX), space);
        add(new MapReduce(exp, space, List.of("columns"), Splitting.SUM), space, column);
        add(new MapReduce(Scalars.arg(0), space, List.of("rows"), Splitting.SUM), space);
        add(new MapReduce(geluSlope, space, List.of("rows"), Splitting.SUM), space, space);
        add(new MapReduce(geluSlope, space, List.of("columns"), Splitting.SUM), space, space);
    }

    /** What heads and chunks compute: more dims, operands that lack some, results of few columns. */
    private void elementwiseInGroups(int rows, int columns) {
        Dim outer = Dim.of("rows", rows / 8);
        Dim groups = Dim.of("groups", 8);
        Dim inner = Dim.of("columns", columns);
        TensorType space = type(outer, groups, inner);
        ScalarExpr product = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
        ScalarExpr faded = Scalars.multiply(Scalars.arg(0), Scalars.exp(Scalars.arg(1)));
        add(new MapOp(product, space), space, type(outer, groups));
        add(new MapOp(faded, space), space, type(groups, inner));
        add(new MapReduce(product, space, List.of("columns"), Splitting.SUM), space, space);
        add(new MapReduce(product, space, List.of("rows", "columns"), Splitting.SUM), space, type(outer, groups));
        add(new MapReduce(product, space, List.of("groups"), Splitting.SUM), space, type(outer, groups));
        add(new MapReduce(product, space, List.of("rows"), Splitting.SUM), space, space);
        add(new MapReduce(faded, space, List.of("rows"), Splitting.SUM), space, space);
        add(new MapReduce(Scalars.arg(0), type(outer, groups), List.of("rows"), Splitting.SUM), type(outer, groups));
    }

    private void norms(int rows, int columns) {
        TensorType x = type(Dim.of("rows", rows), Dim.of("columns", columns));
        TensorType scale = type(Dim.of("columns", columns));
        TensorType statistic = type(Dim.of("rows", rows));
        add(new Normalize(NormKind.RMS, "columns", 1e-5), x, scale);
        add(new NormalizeGrad(NormKind.RMS, "columns"), x, x, scale, statistic);
        add(new Normalize(NormKind.LAYER, "columns", 1e-5), x, scale, scale);
        add(new NormalizeGrad(NormKind.LAYER, "columns"), x, x, scale, statistic, statistic);
    }

    private void lookups(int rows, int columns) {
        TensorType ids = TensorType.of(ElementType.I32, Dim.of("rows", rows));
        TensorType gradient = type(Dim.of("rows", rows), Dim.of("columns", columns));
        Dim vocab = Dim.of("vocab", 256);
        add(new Gather("vocab", Optional.empty()), ids, type(vocab, Dim.of("columns", columns)));
        add(new ScatterAdd(vocab, Optional.empty()), ids, gradient);
    }

    /** Four sequences of tokens, eight experts, two for a token. */
    private void experts(int rows, int columns) {
        Dim s = Dim.of(Names.SEQUENCE, rows / 4);
        Dim b = Dim.of(Names.BATCH, 4);
        Dim width = Dim.of(Names.WIDTH, columns);
        Dim experts = Dim.of(Names.EXPERTS, 8);
        Dim capacity = Dim.of(Names.CAPACITY, Math.max(KernelStopwatch.PLACES, rows / 4 / 3));
        TensorType scores = type(s, b, Dim.of(Names.ROUTES, 8));
        TensorType places = scores.withElement(ElementType.I32);
        TensorType x = type(s, b, width);
        TensorType queues = type(experts, b, capacity, width);
        add(new Route(Names.ROUTES, 2, capacity.bound(), 1, 1, 1, 0), scores);
        add(new Dispatch(experts, capacity, Optional.empty()), x, places);
        add(new Combine(Names.EXPERTS, Optional.empty()), queues, places, scores);
        add(new GateGrad(Names.EXPERTS, Optional.empty()), x, queues, places);
    }

    /** Rows as positions of four sequences, columns as channels. */
    private void recurrences(int rows, int columns) {
        TensorType x = type(Dim.of("rows", rows / 4), Dim.of(Names.BATCH, 4), Dim.of("columns", columns));
        add(Shift.of("rows", 2), x);
        add(new Regroup(x.select(List.of("rows")), List.of(Dim.of("chunks", 2), Dim.of("places", rows / 8))), x);
        add(Scan.of("rows"), x, x);
        add(new Scan("rows", true, Optional.empty()), x, x);
    }

    private void joins(int rows, int columns) {
        Dim all = Dim.of("rows", rows);
        TensorType joined = type(all, Dim.of("columns", columns));
        add(new Join("columns"), type(all, Dim.of("columns", 32)), joined);
        add(new Part(Dim.of("columns", columns - 32), 32), joined);
    }
}
