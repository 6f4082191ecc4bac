package dev.dovetail.ir.op;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Optional;

/**
 * Which keys a query sees and how scores are formed. Dim names: queries [queries, batch, heads, head_dim], keys and values
 * [keys, batch, kv_heads, head_dim]; query head h reads key head h / (heads / kv_heads).
 *
 * @param queries dim of the query positions
 * @param keys dim of the key positions; equal to {@code queries} in training
 * @param causal whether a query sees only keys at or before its own position
 * @param window how many most recent keys a query sees; 0 for all
 * @param scale factor on q·k before the softmax
 * @param cap c where scores become c · tanh(score / c) before their bias (Gemma 2, arXiv:2408.00118); 0 for none
 * @param alibiHeads heads of the whole model when scores get ALiBi slopes (Press et al. 2022, arXiv:2108.12409); 0 for none
 * @param headStart launch symbol of the first query head of this shard, where heads are split and the pattern needs them
 * @param start launch symbol of the first query's position when decoding from a cache; keys beyond the last query are unseen
 * @param mirrored whether the second half of the queries ends as far before the last key as the first half begins after the first
 */
public record AttentionPattern(
        String queries,
        String keys,
        boolean causal,
        int window,
        double scale,
        double cap,
        int alibiHeads,
        Optional<String> headStart,
        Optional<String> start,
        boolean mirrored) {

    public static final String HEADS = "heads";
    public static final String KV_HEADS = "kv_heads";
    public static final String HEAD_DIM = "head_dim";

    public static AttentionPattern causal(double scale) {
        return new AttentionPattern(
                "sequence", "sequence", true, 0, scale, 0, 0, Optional.empty(), Optional.empty(), false);
    }

    /** Every query sees every key: encoders, pictures. */
    public static AttentionPattern whole(double scale) {
        return new AttentionPattern(
                "sequence", "sequence", false, 0, scale, 0, 0, Optional.empty(), Optional.empty(), false);
    }

    public AttentionPattern withCap(double limit) {
        return new AttentionPattern(
                queries, keys, causal, window, scale, limit, alibiHeads, headStart, start, mirrored);
    }

    public AttentionPattern withHeadStart(String symbol) {
        return new AttentionPattern(
                queries, keys, causal, window, scale, cap, alibiHeads, Optional.of(symbol), start, mirrored);
    }

    /** The dim of a key's heads: its own, the queries' where each has one of its own, none where one serves all. */
    public static Optional<Dim> headsOf(TensorType keys) {
        return keys.find(KV_HEADS).or(() -> keys.find(HEADS));
    }

    /** Heads of keys or values. */
    public static long kvHeads(TensorType keys) {
        return headsOf(keys).map(Dim::bound).orElse(1L);
    }

    /** The same pattern where the first query's position is {@code symbol}: a shard of the queries. */
    public AttentionPattern withStart(String symbol) {
        return new AttentionPattern(
                queries, keys, causal, window, scale, cap, alibiHeads, headStart, Optional.of(symbol), mirrored);
    }

    /** The same pattern where ranks have an early and a late stretch of the queries each. */
    public AttentionPattern mirroring() {
        return new AttentionPattern(queries, keys, causal, window, scale, cap, alibiHeads, headStart, start, true);
    }

    /**
     * Position of a query, ascending in {@code query}.
     *
     * @param start position of the first
     * @param count queries here
     * @param all keys
     */
    public long position(long query, long start, long count, long all) {
        return mirrored && query >= count / 2 ? all - count - start + query : start + query;
    }

    /** The same pattern reading a cache dim {@code cache} whose first unseen position is {@code symbol}. */
    public AttentionPattern decodingFrom(String cache, String symbol) {
        return new AttentionPattern(
                queries, cache, causal, window, scale, cap, alibiHeads, headStart, Optional.of(symbol), mirrored);
    }

    /** Of the keys, the share that a query looks back on, on average of those of the rank that has most to look back on. */
    public double looksBack(double count, double all) {
        return start.isPresent() && !mirrored ? 1 - count / (2 * all) : 0.5;
    }

    /** Whether the query at absolute position {@code query} sees key {@code key}. */
    public boolean sees(long query, long key) {
        return (!causal || key <= query) && (window == 0 || key > query - window);
    }

    /**
     * ALiBi slope of a head: 2^(-8 (h+1) / n) for n a power of two; otherwise the closest power of two below, then every
     * second slope of twice that power.
     */
    public double slope(long head) {
        int closest = Integer.highestOneBit(alibiHeads);
        if (head < closest) {
            return Math.pow(2, -8.0 * (head + 1) / closest);
        }
        return Math.pow(2, -8.0 * (2 * (head - closest) + 1) / (2.0 * closest));
    }
}
