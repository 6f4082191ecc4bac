package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork.OperatorWork;
import dev.dovetail.backends.cuda.KernelWork.UpdateWork;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
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
import dev.dovetail.ir.scalar.Scalars;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One transformer layer's operators, forward, backward and update, at sizes of one's choice.
 *
 * @param element storage of weights and activations
 */
public record KernelCases(
        ElementType element,
        int sequence,
        int batch,
        int width,
        int heads,
        int kvHeads,
        int headDim,
        int inner,
        int vocab) {

    private static final Map<String, Double> STEP =
            Map.of(AdamW.LEARNING_RATE, 1e-3, AdamW.FIRST_CORRECTION, 10.0, AdamW.SECOND_CORRECTION, 1000.0);

    /** Sizes that divide no tile: primes, and one more than a tile. */
    public static KernelCases awkward(ElementType element) {
        return new KernelCases(element, 67, 2, 129, 6, 2, 18, 131, 257);
    }

    /** One layer of a GPT-3 13B (Brown et al. 2020, arXiv:2005.14165, table 2.1), one sequence. */
    public static KernelCases gpt3(ElementType element) {
        return new KernelCases(element, 2048, 1, 5120, 40, 40, 128, 20480, 50257);
    }

    public List<KernelCase> cases() {
        var cases = new ArrayList<KernelCase>();
        matrixProducts(cases);
        attention(cases);
        norms(cases);
        elementwise(cases);
        head(cases);
        tables(cases);
        experts(cases);
        joins(cases);
        recurrences(cases);
        otherAttention(cases);
        products(cases);
        cases.add(new KernelCase(
                UpdateWork.adamW(new AdamW(0.9, 0.999, 1e-8, 0.1), precision(), (long) width * inner), STEP));
        cases.add(KernelCase.of(UpdateWork.accumulate(
                type(exact(), "width", width, "inner", inner), type(exact(), "width", width, "inner", inner))));
        return cases;
    }

    private Precision precision() {
        return element == ElementType.BF16 ? Precision.mixed(element) : Precision.uniform(element);
    }

    private ElementType exact() {
        return element == ElementType.F64 ? ElementType.F64 : ElementType.F32;
    }

    private static TensorType type(ElementType stored, Object... namesAndLengths) {
        return new TensorType(stored, dims(namesAndLengths));
    }

    /** [sequence, batch, …]. */
    private TensorType stream(ElementType stored, Object... namesAndLengths) {
        var dims = new ArrayList<>(List.of(Dim.of("sequence", sequence), Dim.of("batch", batch)));
        dims.addAll(dims(namesAndLengths));
        return new TensorType(stored, dims);
    }

    private static List<Dim> dims(Object... namesAndLengths) {
        var dims = new ArrayList<Dim>();
        for (int i = 0; i < namesAndLengths.length; i += 2) {
            dims.add(Dim.of((String) namesAndLengths[i], (Integer) namesAndLengths[i + 1]));
        }
        return dims;
    }

    private static void add(List<KernelCase> cases, Op op, TensorType... operands) {
        cases.add(KernelCase.of(OperatorWork.of(op, operands)));
    }

    private void matrixProducts(List<KernelCase> cases) {
        TensorType x = stream(element, "width", width);
        TensorType hidden = stream(element, "inner", inner);
        TensorType weight = type(element, "width", width, "inner", inner);
        add(cases, new MatMul(List.of("sequence", "batch", "inner")), x, weight);
        add(cases, new MatMul(List.of("sequence", "batch", "width")), hidden, weight);
        add(cases, new MatMul(List.of("width", "inner")), x, hidden);
    }

    private void attention(List<KernelCase> cases) {
        var pattern = AttentionPattern.causal(1 / Math.sqrt(headDim));
        TensorType q = stream(element, "heads", heads, "head_dim", headDim);
        TensorType k = stream(element, "kv_heads", kvHeads, "head_dim", headDim);
        add(cases, new Attend(pattern), q, k, k);
        add(cases, new AttendGrad(pattern), q, q, k, k, q, stream(exact(), "heads", heads));
        var rotary = RotaryEmbedding.of(10000, headDim);
        add(cases, new Rotate(rotary, false), q, stream(ElementType.I32));
        TensorType fresh = type(element, "sequence", 1, "batch", batch, "kv_heads", kvHeads, "head_dim", headDim);
        TensorType cache = type(element, "past", sequence, "batch", batch, "kv_heads", kvHeads, "head_dim", headDim);
        Map<String, Double> start = Map.of("start", (double) (sequence / 2));
        cases.add(new KernelCase(OperatorWork.of(CacheWrite.all("past", "sequence", "start"), cache, fresh), start));
        TensorType query = type(element, "sequence", 1, "batch", batch, "heads", heads, "head_dim", headDim);
        cases.add(new KernelCase(
                OperatorWork.of(new Attend(pattern.decodingFrom("past", "start")), query, cache, cache), start));
    }

    private void norms(List<KernelCase> cases) {
        TensorType x = stream(element, "width", width);
        TensorType row = type(element, "width", width);
        TensorType statistic = stream(exact());
        add(cases, new Normalize(NormKind.LAYER, "width", 1e-5), x, row, row);
        add(cases, new Normalize(NormKind.RMS, "width", 1e-5), x, row);
        add(cases, new NormalizeGrad(NormKind.LAYER, "width"), x, x, row, statistic, statistic);
        add(cases, new NormalizeGrad(NormKind.RMS, "width"), x, x, row, statistic);
    }

    private void elementwise(List<KernelCase> cases) {
        TensorType x = stream(element, "width", width);
        TensorType hidden = stream(element, "inner", inner);
        var gelu = Derivative.of(Activations.gelu(), 0);
        add(cases, new MapOp(Scalars.add(Scalars.arg(0), Scalars.arg(1)), x), x, x);
        add(cases, new MapOp(Activations.gelu(), hidden), hidden);
        add(cases, new MapOp(Scalars.multiply(Scalars.arg(1), gelu), hidden), hidden, hidden);
        add(cases, new MapOp(Activations.geluErf(), hidden), hidden);
        add(cases, new MapOp(Scalars.multiply(Activations.silu(), Scalars.arg(1)), hidden), hidden, hidden);
        add(cases, new MapReduce(Scalars.arg(0), hidden, List.of("sequence", "batch"), Splitting.SUM), hidden);
    }

    private void head(List<KernelCase> cases) {
        TensorType logits = stream(element, "vocab", vocab);
        TensorType rows = stream(exact());
        var shifted = Scalars.subtract(Scalars.arg(0), Scalars.arg(1));
        add(cases, new MapReduce(Scalars.arg(0), logits, List.of("vocab"), Splitting.MAX), logits);
        add(cases, new MapReduce(Scalars.exp(shifted), logits, List.of("vocab"), Splitting.SUM), logits, rows);
    }

    /** Eight experts, two for a token, a quarter more places than their even share. */
    private void experts(List<KernelCase> cases) {
        TensorType scores = stream(exact(), "routes", 8);
        TensorType places = scores.withElement(ElementType.I32);
        int capacity = 2 * (sequence / 8 * 5 / 4);
        TensorType x = stream(element, "width", width);
        TensorType queues = type(element, "experts", 8, "batch", batch, "capacity", capacity, "width", width);
        var dispatch = new Dispatch(Dim.of("experts", 8), Dim.of("capacity", capacity), Optional.empty());
        add(cases, new Route("routes", 2, capacity, 1, 1, 1, 0), scores);
        add(cases, new Route("routes", 2, capacity, 4, 2, 2, 0), scores, type(exact(), "routes", 8));
        add(cases, dispatch, x, places);
        add(cases, dispatch, x, places, scores);
        add(cases, new Combine("experts", Optional.empty()), queues, places, scores);
        add(cases, new GateGrad("experts", Optional.empty()), x, queues, places);
        TensorType shard = type(element, "experts", 4, "batch", batch, "capacity", capacity, "width", width);
        cases.add(new KernelCase(
                OperatorWork.of(new Combine("experts", Optional.of("first")), shard, places), Map.of("first", 4.0)));
    }

    private void joins(List<KernelCase> cases) {
        TensorType own = stream(element, "heads", heads, "head_dim", headDim);
        add(cases, new Join("head_dim"), stream(element, "head_dim", 6), own);
        add(cases, new Part(Dim.of("head_dim", headDim - 5), 4), own);
    }

    /** A Mamba layer's convolution and states, and Mamba-2's chunks. */
    private void recurrences(List<KernelCase> cases) {
        TensorType x = stream(element, "inner", inner);
        add(cases, Shift.of("sequence", 3), x);
        add(cases, Shift.of("sequence", -1), x);
        add(cases, new Regroup(x.select(List.of("sequence")), dims("chunks", 1, "places", sequence)), x);
        TensorType states =
                type(element, "chunks", 4, "batch", batch, "heads", heads, "state", 16, "head_dim", headDim);
        add(cases, Scan.of("chunks"), type(element, "chunks", 4, "batch", batch, "heads", heads), states);
        TensorType wide = type(element, "sequence", 16, "batch", batch, "inner", heads, "state", 16);
        add(cases, Scan.of("sequence"), wide, wide);
        add(cases, new Scan("sequence", true, Optional.empty()), wide, wide);
        var carried = Optional.of(new Carried("recent", "start"));
        TensorType ring = type(element, "recent", 4, "batch", batch, "inner", heads, "state", 16);
        Map<String, Double> start = Map.of("start", 7.0);
        cases.add(new KernelCase(OperatorWork.of(new Shift("sequence", 3, carried), wide, ring), start));
        cases.add(new KernelCase(OperatorWork.of(new Scan("sequence", false, carried), wide, wide, ring), start));
        cases.add(new KernelCase(
                OperatorWork.of(new CacheWrite("recent", "sequence", "start", true), ring, wide), start));
    }

    /** What a decoder asks of a source of another length, and latent attention: values narrower than keys, one for all heads. */
    private void otherAttention(List<KernelCase> cases) {
        TensorType q = stream(element, "heads", heads, "head_dim", headDim);
        TensorType logSum = stream(exact(), "heads", heads);
        TensorType source =
                type(element, "source", sequence / 2, "batch", batch, "kv_heads", kvHeads, "head_dim", headDim);
        var cross = new AttentionPattern(
                "sequence",
                "source",
                false,
                0,
                1 / Math.sqrt(headDim),
                0,
                0,
                Optional.empty(),
                Optional.empty(),
                false);
        add(cases, new Attend(cross), q, source, source);
        add(cases, new AttendGrad(cross), q, q, source, source, q, logSum);
        var causal = AttentionPattern.causal(1 / Math.sqrt(headDim));
        TensorType narrow = stream(element, "heads", heads, "head_dim", headDim * 2 / 3);
        add(cases, new Attend(causal), q, q, narrow);
        add(cases, new AttendGrad(causal), narrow, q, q, narrow, narrow, logSum);
        TensorType keys = type(element, "past", sequence, "batch", batch, "head_dim", headDim);
        TensorType values = type(element, "past", sequence, "batch", batch, "head_dim", headDim * 2 / 3);
        cases.add(new KernelCase(
                OperatorWork.of(
                        new Attend(causal.decodingFrom("past", "start")),
                        type(element, "sequence", 1, "batch", batch, "heads", heads, "head_dim", headDim),
                        keys,
                        values),
                Map.of("start", (double) (sequence / 2))));
    }

    /** One product an expert, one a chunk and head, and what a convolution's weights and a modulated norm sum up. */
    private void products(List<KernelCase> cases) {
        int places = sequence / 4;
        TensorType queues = type(element, "experts", 4, "batch", batch, "capacity", places, "width", width);
        TensorType weights = type(element, "experts", 4, "width", width, "inner", inner);
        TensorType hidden = type(element, "experts", 4, "batch", batch, "capacity", places, "inner", inner);
        add(cases, new MatMul(List.of("experts", "batch", "capacity", "inner")), queues, weights);
        add(cases, new MatMul(List.of("experts", "width", "inner")), queues, hidden);
        TensorType scores =
                type(element, "chunks", 2, "batch", batch, "heads", heads, "places", places, "sources", places);
        TensorType steps =
                type(element, "chunks", 2, "sources", places, "batch", batch, "heads", heads, "head_dim", headDim);
        add(cases, new MatMul(List.of("chunks", "places", "batch", "heads", "head_dim")), scores, steps);
        TensorType x = stream(element, "width", width);
        var product = Scalars.multiply(Scalars.arg(0), Scalars.arg(1));
        add(cases, new MapReduce(product, x, List.of("sequence", "batch"), Splitting.SUM), x, x);
        add(cases, new MapReduce(product, x, List.of("sequence"), Splitting.SUM), x, x);
        TensorType modulation = type(element, "batch", batch, "width", width);
        var modulated = Scalars.add(
                Scalars.multiply(Scalars.arg(0), Scalars.add(Scalars.arg(1), Scalars.constant(1))), Scalars.arg(2));
        add(cases, new MapOp(modulated, x), x, modulation, modulation);
    }

    private void tables(List<KernelCase> cases) {
        TensorType tokens = stream(ElementType.I32);
        add(cases, new Gather("vocab", Optional.empty()), tokens, type(element, "vocab", vocab, "width", width));
        add(cases, new ScatterAdd(Dim.of("vocab", vocab), Optional.empty()), tokens, stream(element, "width", width));
    }
}
