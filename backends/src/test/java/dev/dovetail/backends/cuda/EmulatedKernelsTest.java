package dev.dovetail.backends.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.backends.cuda.KernelWork.UpdateWork;
import dev.dovetail.backends.cuda.device.KernelCase;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.RotaryEmbedding;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Splitting;
import dev.dovetail.ir.scalar.Activations;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.scalar.Derivative;
import dev.dovetail.ir.scalar.ScalarExpr;
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Generated kernels run on the CPU, fiber by fiber, and agree with float64.
 *
 * <p>It is one list of cases, kind by kind, that one check goes over; it has no state to divide.
 */
class EmulatedKernelsTest {
    private static final List<ElementType> STORAGE = List.of(ElementType.F32, ElementType.BF16, ElementType.F64);

    private final List<KernelCase> cases = new ArrayList<>();

    private static TensorType type(ElementType element, Object... namesAndLengths) {
        var dims = new ArrayList<Dim>();
        for (int i = 0; i < namesAndLengths.length; i += 2) {
            dims.add(Dim.of((String) namesAndLengths[i], (Integer) namesAndLengths[i + 1]));
        }
        return new TensorType(element, dims);
    }

    private void add(Op op, TensorType... operands) {
        cases.add(KernelCase.of(OperatorWork.of(op, operands)));
    }

    private void checkAll() {
        var rows = EmulatedDevice.get().check(cases);
        for (int i = 0; i < rows.size(); i += 2) {
            var row = rows.get(i);
            assertTrue(row.passes(), row::toString);
            assertEquals(row, rows.get(i + 1), "the order in which threads run must not show");
        }
    }

    @Test
    void mapsAgree() {
        for (ElementType element : STORAGE) {
            TensorType x = type(element, "sequence", 5, "batch", 3, "width", 37);
            add(new MapOp(Activations.gelu(), x), x);
            add(new MapOp(Scalars.multiply(Scalars.arg(1), Derivative.of(Activations.gelu(), 0)), x), x, x);
            add(new MapOp(Scalars.multiply(Activations.silu(), Scalars.arg(1)), x), x, x);
            add(new MapOp(Activations.geluErf(), x), x);
            add(new MapOp(Derivative.of(Activations.geluErf(), 0), x), x);
            add(new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), x), x, type(element, "width", 37));
            add(new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), x), x, type(element, "batch", 3, "width", 37));
            add(new MapOp(Activations.relu(), type(element, "width", 1)), type(element, "width", 1));
            cases.add(KernelCase.of(
                    UpdateWork.accumulate(type(element, "width", 300), type(ElementType.F32, "width", 300))));
        }
        checkAll();
    }

    @Test
    void optimizerStepsAgree() {
        var rule = new AdamW(0.9, 0.999, 1e-8, 0.1);
        var symbols = Map.of(AdamW.LEARNING_RATE, 1e-3, AdamW.FIRST_CORRECTION, 10.0, AdamW.SECOND_CORRECTION, 1000.0);
        for (Precision precision : List.of(
                Precision.uniform(ElementType.F32),
                Precision.uniform(ElementType.F64),
                Precision.mixed(ElementType.BF16))) {
            cases.add(new KernelCase(UpdateWork.adamW(rule, precision, 1031), symbols));
        }
        checkAll();
    }

    /** log-sum-exp, loss and gradient of the logits, in the pieces a head expands into. */
    @Test
    void softmaxCrossEntropyAgrees() {
        for (ElementType element : STORAGE) {
            ElementType exact = element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
            TensorType logits = type(element, "sequence", 9, "batch", 2, "vocab", 65);
            TensorType rows = type(exact, "sequence", 9, "batch", 2);
            TensorType targets = type(ElementType.I32, "sequence", 9, "batch", 2);
            add(new MapOp(Scalars.add(Scalars.arg(0), Scalars.log(Scalars.arg(1))), rows), rows, rows);
            ScalarExpr weight = Scalars.exp(Scalars.subtract(Scalars.arg(0), Scalars.arg(1)));
            ScalarExpr local = Scalars.add(new ScalarExpr.IndexOf("vocab"), new ScalarExpr.Symbol("first"));
            ScalarExpr picked = Scalars.binary(ScalarExpr.BinaryKind.EQUAL, local, Scalars.arg(2));
            ScalarExpr gradient =
                    Scalars.multiply(Scalars.subtract(weight, picked), new ScalarExpr.Symbol("loss_scale"));
            cases.add(new KernelCase(
                    OperatorWork.of(new MapOp(gradient, logits), logits, rows, targets),
                    Map.of("first", 3.0, "loss_scale", 1.0 / 18)));
        }
        checkAll();
    }

    /** Queues that overflow, groups, shards of experts, rows side by side. */
    @Test
    void expertsAgree() {
        for (ElementType element : STORAGE) {
            ElementType exact = element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
            TensorType scores = type(exact, "sequence", 11, "batch", 2, "routes", 6);
            TensorType places = scores.withElement(ElementType.I32);
            TensorType x = type(element, "sequence", 11, "batch", 2, "width", 37);
            TensorType queues = type(element, "experts", 6, "batch", 2, "capacity", 3, "width", 37);
            TensorType shard = type(element, "experts", 2, "batch", 2, "capacity", 3, "width", 37);
            var dispatch = new Dispatch(Dim.of("experts", 6), Dim.of("capacity", 3), Optional.empty());
            var held = Optional.of("first");
            add(new Route("routes", 2, 3, 1, 1, 1, 0), scores);
            add(new Route("routes", 2, 3, 3, 2, 2, 0), scores, type(exact, "routes", 6));
            add(dispatch, x, places);
            add(new Combine("experts", Optional.empty()), queues, places, scores);
            add(new GateGrad("experts", Optional.empty()), x, queues, places);
            for (var work : List.of(
                    OperatorWork.of(new Dispatch(Dim.of("experts", 2), Dim.of("capacity", 3), held), x, places, scores),
                    OperatorWork.of(new Combine("experts", held), shard, places),
                    OperatorWork.of(new GateGrad("experts", held), x, shard, places),
                    OperatorWork.of(dispatch.stretch(2, 3), x, places),
                    OperatorWork.of(new Combine("experts", held).stretch(2), shard, places, scores),
                    OperatorWork.of(new GateGrad("experts", held, Optional.of(2L)), x, shard, places))) {
                cases.add(new KernelCase(work, Map.of("first", 4.0)));
            }
            TensorType own = type(element, "sequence", 5, "batch", 2, "heads", 3, "head_dim", 7);
            add(new Join("head_dim"), type(element, "sequence", 5, "batch", 2, "head_dim", 4), own);
            add(new Part(Dim.of("head_dim", 3), 2), own);
        }
        checkAll();
    }

    /** The extents of a launch are shorter than what memory was planned for. */
    @Test
    void boundedExtentsAreFollowed() {
        for (ElementType element : STORAGE) {
            Dim tokens = new Dim("sequence", new Extent.Bounded("tokens", 9));
            Dim batch = new Dim("batch", new Extent.Bounded("sequences/2", 4));
            Dim width = Dim.of("width", 21);
            var x = new TensorType(element, List.of(tokens, batch, width));
            var row = new TensorType(element, List.of(width));
            var w = new TensorType(element, List.of(width, Dim.of("inner", 19)));
            var indices = new TensorType(ElementType.I32, List.of(tokens, batch));
            var works = List.of(
                    OperatorWork.of(new MapOp(Activations.gelu(), x), x),
                    OperatorWork.of(new MapReduce(Scalars.arg(0), x, List.of("width"), Splitting.MAX), x),
                    OperatorWork.of(new MapReduce(Scalars.arg(0), x, List.of("sequence", "batch"), Splitting.SUM), x),
                    OperatorWork.of(new MatMul(List.of("sequence", "batch", "inner")), x, w),
                    OperatorWork.of(new Normalize(Normalize.NormKind.LAYER, "width", 1e-5), x, row, row),
                    OperatorWork.of(
                            new Gather("vocab", Optional.empty()), indices, type(element, "vocab", 9, "width", 21)),
                    OperatorWork.of(new ScatterAdd(Dim.of("vocab", 9), Optional.empty()), indices, x));
            works.forEach(work -> cases.add(new KernelCase(work, Map.of("tokens", 5.0, "sequences/2", 3.0))));
        }
        checkAll();
    }

    @Test
    void reductionsAgree() {
        for (ElementType element : STORAGE) {
            TensorType logits = type(element, "sequence", 7, "batch", 2, "vocab", 301);
            TensorType targets = type(ElementType.I32, "sequence", 7, "batch", 2);
            TensorType rows = type(element, "sequence", 7, "batch", 2);
            add(new MapReduce(Scalars.arg(0), logits, List.of("vocab"), Splitting.MAX), logits);
            add(
                    new MapReduce(
                            Scalars.exp(Scalars.subtract(Scalars.arg(0), Scalars.arg(1))),
                            logits,
                            List.of("vocab"),
                            Splitting.SUM),
                    logits,
                    rows);
            var picked = Scalars.select(
                    Scalars.binary(ScalarExpr.BinaryKind.EQUAL, new ScalarExpr.IndexOf("vocab"), Scalars.arg(1)),
                    Scalars.arg(0),
                    Scalars.constant(0));
            add(new MapReduce(picked, logits, List.of("vocab"), Splitting.SUM), logits, targets);
            add(new MapReduce(Scalars.arg(0), logits, List.of("sequence", "batch"), Splitting.SUM), logits);
            add(new MapReduce(Scalars.arg(0), logits, List.of("batch"), Splitting.MAX), logits);
            add(new MapReduce(Scalars.arg(0), logits, List.of("sequence", "vocab"), Splitting.SUM), logits);
            add(new MapReduce(Scalars.arg(0), rows, List.of("sequence", "batch"), Splitting.SUM), rows);
        }
        checkAll();
    }

    @Test
    void lookupsAndTheirGradientsAgree() {
        for (ElementType element : STORAGE) {
            TensorType indices = type(ElementType.I32, "sequence", 9, "batch", 31);
            TensorType table = type(element, "vocab", 23, "width", 37);
            TensorType gradient = type(element, "sequence", 9, "batch", 31, "width", 37);
            add(new Gather("vocab", Optional.empty()), indices, table);
            add(new ScatterAdd(Dim.of("vocab", 23), Optional.empty()), indices, gradient);
            add(
                    new ScatterAdd(Dim.of("vocab", 3), Optional.empty()),
                    type(ElementType.I32, "sequence", 4),
                    type(element, "sequence", 4, "width", 1031));
            cases.add(new KernelCase(
                    OperatorWork.of(new Gather("vocab", Optional.of("first")), indices, table), Map.of("first", 3.0)));
            cases.add(new KernelCase(
                    OperatorWork.of(new ScatterAdd(Dim.of("vocab", 23), Optional.of("first")), indices, gradient),
                    Map.of("first", 3.0)));
        }
        checkAll();
    }

    @Test
    void rotationsAgree() {
        for (ElementType element : STORAGE) {
            TensorType x = type(element, "sequence", 5, "batch", 2, "heads", 3, "head_dim", 10);
            TensorType positions = type(ElementType.I32, "sequence", 5, "batch", 2);
            add(new Rotate(RotaryEmbedding.of(10000, 10), false), x, positions);
            add(new Rotate(new RotaryEmbedding(500000, 6, Optional.empty(), 1.25), true), x, positions);
        }
        checkAll();
    }

    @Test
    void cacheWritesTouchOnlyFreshPositions() {
        for (ElementType element : STORAGE) {
            TensorType cache = type(element, "past", 20, "batch", 2, "kv_heads", 3, "head_dim", 5);
            var fresh = new TensorType(
                    element,
                    List.of(
                            new Dim("sequence", new Extent.Bounded("tokens", 6)),
                            Dim.of("batch", 2),
                            Dim.of("kv_heads", 3),
                            Dim.of("head_dim", 5)));
            cases.add(new KernelCase(
                    OperatorWork.of(CacheWrite.all("past", "sequence", "start"), cache, fresh),
                    Map.of("tokens", 4.0, "start", 11.0)));
        }
        checkAll();
    }

    @Test
    void normsAndTheirGradientsAgree() {
        for (ElementType element : STORAGE) {
            for (int width : List.of(1, 37, 129, 1031)) {
                TensorType x = type(element, "sequence", 5, "batch", 3, "width", width);
                norms(element, x, width);
            }
            norms(element, type(element, "sequence", 5, "width", 37, "batch", 3), 37);
        }
        checkAll();
    }

    private void norms(ElementType element, TensorType x, int width) {
        TensorType row = type(element, "width", width);
        ElementType exact = element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
        TensorType statistic = type(exact, "sequence", 5, "batch", 3);
        add(new Normalize(Normalize.NormKind.RMS, "width", 1e-5), x, row);
        add(new Normalize(Normalize.NormKind.LAYER, "width", 1e-5), x, row, row);
        if (width == 1) {
            // The gradient of a norm of one number is what is left of a total cancellation.
            return;
        }
        add(new NormalizeGrad(Normalize.NormKind.RMS, "width"), x, x, row, statistic);
        add(new NormalizeGrad(Normalize.NormKind.LAYER, "width"), x, x, row, statistic, statistic);
    }

    @Test
    void attentionAndItsGradientAgree() {
        for (ElementType element : List.of(ElementType.F32, ElementType.BF16)) {
            attention(element, AttentionPattern.causal(0.3), 37, 37, 4, 2, 10);
            attention(element, AttentionPattern.causal(0.25), 70, 70, 2, 2, 16);
            attention(element, pattern(false, 0, 0), 5, 67, 2, 1, 24);
            attention(element, pattern(true, 7, 0), 45, 45, 1, 1, 8);
            attention(element, pattern(true, 0, 6), 33, 33, 6, 3, 32);
            attention(element, AttentionPattern.causal(1), 1, 1, 1, 1, 1);
            attention(element, pattern(true, 7, 0).withCap(0.5), 37, 37, 2, 1, 10);
            sinks(element, 37, 4, 2, 10);
            latent(element, 21, 3, 12, 7);
        }
        attention(ElementType.F64, pattern(true, 7, 4), 37, 37, 4, 2, 10);
        attention(ElementType.F32, AttentionPattern.causal(0.09), 18, 18, 1, 1, 128);
        attention(ElementType.BF16, AttentionPattern.causal(0.09), 18, 18, 1, 1, 128);
        attention(ElementType.BF16, AttentionPattern.causal(0.06), 17, 17, 1, 1, 256);
        stretches(ElementType.F64, 11, 10);
        stretches(ElementType.BF16, 37, 64);
        checkAll();
    }

    /** The second of two ranks has queries from a quarter of the sequence on and from the middle on. */
    private void stretches(ElementType element, int length, int dim) {
        TensorType q = type(element, "sequence", 2 * length, "batch", 2, "heads", 2, "head_dim", dim);
        TensorType k = type(element, "sequence", 4 * length, "batch", 2, "kv_heads", 1, "head_dim", dim);
        ElementType exact = element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
        TensorType logSum = type(exact, "sequence", 2 * length, "batch", 2, "heads", 2);
        for (var pattern : List.of(pattern(true, 0, 2), pattern(true, length + 3, 0))) {
            var mirrored = pattern.withStart("start").mirroring();
            for (double start : new double[] {0, length}) {
                cases.add(new KernelCase(OperatorWork.of(new Attend(mirrored), q, k, k), Map.of("start", start)));
                cases.add(new KernelCase(
                        OperatorWork.of(new AttendGrad(mirrored), q, q, k, k, q, logSum), Map.of("start", start)));
            }
        }
    }

    private static AttentionPattern pattern(boolean causal, int window, int alibiHeads) {
        return new AttentionPattern(
                "sequence",
                causal ? "sequence" : "past",
                causal,
                window,
                0.2,
                0,
                alibiHeads,
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private void attention(
            ElementType element, AttentionPattern pattern, int queries, int keys, int heads, int kvHeads, int dim) {
        TensorType q = type(element, pattern.queries(), queries, "batch", 2, "heads", heads, "head_dim", dim);
        TensorType k = type(element, pattern.keys(), keys, "batch", 2, "kv_heads", kvHeads, "head_dim", dim);
        ElementType exact = element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
        TensorType logSum = type(exact, pattern.queries(), queries, "batch", 2, "heads", heads);
        add(new Attend(pattern), q, k, k);
        add(new AttendGrad(pattern), q, q, k, k, q, logSum);
    }

    private void sinks(ElementType element, int length, int heads, int kvHeads, int dim) {
        TensorType q = type(element, "sequence", length, "batch", 2, "heads", heads, "head_dim", dim);
        TensorType k = type(element, "sequence", length, "batch", 2, "kv_heads", kvHeads, "head_dim", dim);
        add(new Attend(pattern(true, 5, 0)), q, k, k, type(element, "heads", heads));
    }

    /** Values narrower than keys, in heads of their own; and one latent for all heads while decoding. */
    private void latent(ElementType element, int length, int heads, int keyDim, int valueDim) {
        TensorType q = type(element, "sequence", length, "batch", 2, "heads", heads, "head_dim", keyDim);
        TensorType v = type(element, "sequence", length, "batch", 2, "heads", heads, "head_dim", valueDim);
        TensorType logSum = type(ElementType.F32, "sequence", length, "batch", 2, "heads", heads);
        var pattern = AttentionPattern.causal(0.3);
        add(new Attend(pattern), q, q, v);
        add(new AttendGrad(pattern), v, q, q, v, v, logSum);
        TensorType cache = type(element, "past", 30, "batch", 2, "head_dim", keyDim);
        TensorType latents = type(element, "past", 30, "batch", 2, "head_dim", valueDim);
        cases.add(new KernelCase(
                OperatorWork.of(new Attend(pattern.decodingFrom("past", "start")), q, cache, latents),
                Map.of("start", 4.0)));
    }

    @Test
    void decodingReadsTheCacheUpToTheNewestToken() {
        for (ElementType element : STORAGE) {
            TensorType cache = type(element, "past", 50, "batch", 2, "kv_heads", 2, "head_dim", 12);
            var fresh = new TensorType(
                    element,
                    List.of(
                            new Dim("sequence", new Extent.Bounded("tokens", 9)),
                            Dim.of("batch", 2),
                            Dim.of("heads", 4),
                            Dim.of("head_dim", 12)));
            for (AttentionPattern pattern : List.of(
                    AttentionPattern.causal(0.3).decodingFrom("past", "start"),
                    pattern(true, 5, 8).withHeadStart("first_head").decodingFrom("past", "start"))) {
                cases.add(new KernelCase(
                        OperatorWork.of(new Attend(pattern), fresh, cache, cache),
                        Map.of("tokens", 3.0, "start", 30.0, "first_head", 4.0)));
            }
        }
        checkAll();
    }

    @Test
    void matrixMultipliesAgree() {
        for (ElementType element : STORAGE) {
            TensorType x = type(element, "sequence", 11, "batch", 3, "width", 37);
            TensorType w = type(element, "width", 37, "heads", 5, "head_dim", 13);
            TensorType y = type(element, "sequence", 11, "batch", 3, "heads", 5, "head_dim", 13);
            add(new MatMul(List.of("sequence", "batch", "heads", "head_dim")), x, w);
            add(new MatMul(List.of("sequence", "batch", "width")), y, w);
            add(new MatMul(List.of("width", "heads", "head_dim")), x, y);
            add(
                    new MatMul(List.of("batch", "sequence", "other")),
                    x,
                    type(element, "batch", 3, "other", 9, "width", 37));
            add(new MatMul(List.of("m", "n")), type(element, "m", 1, "k", 1), type(element, "k", 1, "n", 1));
            add(new MatMul(List.of("m", "n")), type(element, "m", 129, "k", 33), type(element, "n", 131, "k", 33));
            add(new MatMul(List.of("n", "m")), type(element, "k", 65, "m", 17), type(element, "k", 65, "n", 63));
        }
        checkAll();
    }

    /** Whatever lies innermost in either operand, in eights that fill no tile. */
    @Test
    void matrixProductsOfVectorsAgree() {
        ElementType element = ElementType.BF16;
        TensorType mk = type(element, "m", 72, "k", 40);
        TensorType km = type(element, "k", 40, "m", 72);
        TensorType kn = type(element, "k", 40, "n", 136);
        TensorType nk = type(element, "n", 136, "k", 40);
        for (TensorType left : List.of(mk, km)) {
            for (TensorType right : List.of(kn, nk)) {
                add(new MatMul(List.of("m", "n")), left, right);
            }
        }
        // Enough tiles for the large one, with terms that end inside a stage.
        add(new MatMul(List.of("m", "n")), type(element, "m", 1400, "k", 88), type(element, "k", 88, "n", 1160));
        TensorType x = type(element, "sequence", 9, "batch", 5, "heads", 3, "head_dim", 8);
        TensorType y = type(element, "sequence", 9, "batch", 5, "heads", 3, "value_dim", 16);
        add(new MatMul(List.of("heads", "head_dim", "value_dim")), x, y);
        checkAll();
    }
}
