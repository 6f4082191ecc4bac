package dev.dovetail.backends.cpu.check;

import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Attention with every pattern, with shared KV heads, and from a cache that is partly filled. */
final class AwkwardAttention {
    private static final String SEQUENCE = "sequence";
    private static final String PAST = "past";

    /** Queries, query heads, KV heads, elements of a head. */
    private static final int[][] SIZES = {
        {1, 1, 1, 32}, {5, 4, 4, 8}, {16, 4, 2, 17}, {37, 6, 1, 32}, {70, 4, 4, 16}, {70, 2, 2, 64}
    };

    private final ElementType element;
    private final List<CheckCase> cases = new ArrayList<>();

    AwkwardAttention(ElementType element) {
        this.element = element;
    }

    List<CheckCase> all() {
        for (int[] size : SIZES) {
            training(size);
            decoding(size);
        }
        for (int rank = 0; rank < 3; rank++) {
            stretches(SIZES[rank % SIZES.length], rank, 3);
        }
        for (int[] width : new int[][] {{6, 4}, {33, 16}, {24, 70}}) {
            latent(width[0], width[1]);
        }
        return List.copyOf(cases);
    }

    /** Scores with the usual spread. */
    private static AttentionPattern pattern(int[] size, String keys, boolean causal, int window, int slopes) {
        double scale = 1 / Math.sqrt(size[3]);
        return new AttentionPattern(
                SEQUENCE, keys, causal, window, scale, 0, slopes, Optional.empty(), Optional.empty(), false);
    }

    private TensorType queries(int[] size, Extent extent) {
        return AwkwardCases.type(element, SEQUENCE, extent, "batch", 2, "heads", size[1], "head_dim", size[3]);
    }

    private TensorType keys(int[] size, String name, Extent extent) {
        return AwkwardCases.type(element, name, extent, "batch", 2, "kv_heads", size[2], "head_dim", size[3]);
    }

    private void training(int[] size) {
        both(size, pattern(size, SEQUENCE, true, 0, 0), Map.of());
        both(size, pattern(size, SEQUENCE, false, 0, 0), Map.of());
        both(size, pattern(size, SEQUENCE, true, 9, 0), Map.of());
        both(size, pattern(size, SEQUENCE, true, 0, 6), Map.of());
        both(size, pattern(size, SEQUENCE, true, 9, 6).withCap(0.5), Map.of());
        // A shard that holds the last heads of a larger model.
        AttentionPattern shard = pattern(size, SEQUENCE, false, 9, 12).withHeadStart("head_start");
        both(size, shard, Map.of("head_start", 6.0));
    }

    private void both(int[] size, AttentionPattern pattern, Map<String, Double> symbols) {
        TensorType q = queries(size, Extent.of(size[0]));
        TensorType k = keys(size, SEQUENCE, Extent.of(size[0]));
        TensorType logSums = q.without(List.of("head_dim"));
        cases.add(AwkwardCases.of(new Attend(pattern), symbols, q, k, k));
        cases.add(AwkwardCases.of(new AttendGrad(pattern), symbols, q, q, k, k, q, logSums));
    }

    /** An early and a late stretch of the queries of one of some ranks, beside all keys. */
    private void stretches(int[] size, int rank, int ranks) {
        TensorType q = queries(size, Extent.of(2L * size[0]));
        TensorType k = keys(size, SEQUENCE, Extent.of(2L * ranks * size[0]));
        TensorType logSums = q.without(List.of("head_dim"));
        var symbols = Map.of("start", (double) rank * size[0]);
        for (int window : new int[] {0, size[0] + 2}) {
            var pattern =
                    pattern(size, SEQUENCE, true, window, 6).withStart("start").mirroring();
            cases.add(AwkwardCases.of(new Attend(pattern), symbols, q, k, k));
            cases.add(AwkwardCases.of(new AttendGrad(pattern), symbols, q, q, k, k, q, logSums));
        }
    }

    /** Values of another width than keys, in heads of their own or one for all, and sinks. */
    private void latent(int keyWidth, int valueWidth) {
        TensorType q = AwkwardCases.type(element, SEQUENCE, 37, "batch", 2, "heads", 3, "head_dim", keyWidth);
        TensorType v = AwkwardCases.type(element, SEQUENCE, 37, "batch", 2, "heads", 3, "head_dim", valueWidth);
        TensorType logSums = q.without(List.of("head_dim"));
        AttentionPattern pattern = AttentionPattern.causal(1 / Math.sqrt(keyWidth));
        cases.add(AwkwardCases.of(new Attend(pattern), Map.of(), q, q, v));
        cases.add(AwkwardCases.of(new Attend(pattern), Map.of(), q, q, v, AwkwardCases.type(element, "heads", 3)));
        cases.add(AwkwardCases.of(new AttendGrad(pattern), Map.of(), v, q, q, v, v, logSums));
        TensorType cache = AwkwardCases.type(element, PAST, 60, "batch", 2, "head_dim", keyWidth);
        TensorType values = AwkwardCases.type(element, PAST, 60, "batch", 2, "head_dim", valueWidth);
        var decoding = pattern.decodingFrom(PAST, "start");
        cases.add(AwkwardCases.of(new Attend(decoding), Map.of("start", 20.0), q, cache, values));
    }

    private void decoding(int[] size) {
        for (double start : new double[] {0, 3, 20}) {
            var symbols = Map.of("start", start);
            TensorType q = queries(size, Extent.of(size[0]));
            TensorType cache = keys(size, PAST, Extent.of(100));
            var all = pattern(size, SEQUENCE, true, 0, 0).decodingFrom(PAST, "start");
            var recent = pattern(size, SEQUENCE, true, 7, 6).decodingFrom(PAST, "start");
            cases.add(AwkwardCases.of(new Attend(all), symbols, q, cache, cache));
            cases.add(AwkwardCases.of(new Attend(recent), symbols, q, cache, cache));
        }
        TensorType q = queries(size, new Extent.Bounded("tokens", 75));
        TensorType cache = keys(size, PAST, new Extent.Bounded("past", 120));
        var pattern = pattern(size, SEQUENCE, true, 0, 0).decodingFrom(PAST, "start");
        var symbols = Map.of("start", 11.0, "past", 100.0, "tokens", (double) size[0]);
        cases.add(AwkwardCases.of(new Attend(pattern), symbols, q, cache, cache));
    }
}
