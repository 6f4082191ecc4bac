package dev.dovetail.ir.block;

/** Names of the dims that blocks share; what parallelism maps onto mesh axes. */
public final class Names {
    /** Token positions; outermost in every activation, so that a shard along it is one contiguous piece. */
    public static final String SEQUENCE = "sequence";

    public static final String BATCH = "batch";
    public static final String WIDTH = "width";
    public static final String HEADS = "heads";
    public static final String KV_HEADS = "kv_heads";
    public static final String HEAD_DIM = "head_dim";
    public static final String INNER = "inner";
    public static final String VOCAB = "vocab";
    /** Rows of a learned position table. */
    public static final String POSITIONS = "positions";
    /** Positions held in a KV cache. */
    public static final String PAST = "past";

    private Names() {}
}
