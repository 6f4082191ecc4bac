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
    /** Experts as the router scores them: every rank knows all of them. */
    public static final String ROUTES = "routes";

    /** Experts as owners of weights and queues; ranks may share them. */
    public static final String EXPERTS = "experts";

    /** Hidden layer of one expert. */
    public static final String EXPERT_INNER = "expert_inner";

    /** Width that experts work at, where it is not the model's. */
    public static final String EXPERT_WIDTH = "expert_width";

    /** Places in an expert's queue, for one sequence. */
    public static final String CAPACITY = "capacity";

    /** What queries are projected from in latent attention. */
    public static final String Q_LATENT = "q_latent";

    /** What keys and values are projected from in latent attention. */
    public static final String KV_LATENT = "kv_latent";

    /** The narrow middle of a low-rank update. */
    public static final String LORA_RANK = "lora_rank";

    /** Low-rank updates that are mixed, as their gate scores them. */
    public static final String MIXED = "mixed";

    /** What a state-space model remembers of each channel. */
    public static final String STATE = "state";

    /** What a state is read along where it is written along another dim of the same size. */
    public static final String STATE_READ = "state_read";

    /** What two products of square matrices meet in. */
    public static final String MIDDLE = "middle";

    /** Heads of values that share a head of keys. */
    public static final String SHARING = "sharing";

    /** Groups of heads that share what is written to and read from their states. */
    public static final String GROUPS = "groups";

    /** What step sizes are projected from in Mamba. */
    public static final String STEP_RANK = "step_rank";

    /** Rows that a call leaves for the next while decoding, however long the past. */
    public static final String RECENT = "recent";

    /** Stretches of a sequence, and places in one. */
    public static final String CHUNKS = "chunks";

    public static final String PLACES = "places";

    /** Places again, where a place reads another. */
    public static final String SOURCES = "sources";

    /** Elements of a patch of a picture. */
    public static final String PATCH = "patch";

    /** What pictures are conditioned on. */
    public static final String CONDITION = "condition";

    /** Classes of pictures, and one row more for none. */
    public static final String CLASSES = "classes";

    /** Rows of the text that pictures are asked for by. */
    public static final String TEXT = "text";

    /** Elements of such a row, as it comes. */
    public static final String TEXT_WIDTH = "text_width";

    /** Elements of the row that stands for all of a text. */
    public static final String POOLED_WIDTH = "pooled_width";

    /** Hidden layer between that row and the condition. */
    public static final String POOLED_INNER = "pooled_inner";

    /** Rows of a picture and of its text together, as keys. */
    public static final String JOINT = "joint";

    /** A stream as a picture: its rows and columns, and of each what becomes one where it is halved. */
    public static final String ROWS = "rows";

    public static final String COLUMNS = "columns";
    public static final String ROW_PHASES = "row_phases";
    public static final String COLUMN_PHASES = "column_phases";

    /** Channels that are normalised together. */
    public static final String GROUP_WIDTH = "group_width";

    /** Sines and cosines of a time. */
    public static final String FREQUENCIES = "frequencies";

    /** Hidden layer between a time and the condition. */
    public static final String TIME_WIDTH = "time_width";

    /** Rows of the model that another reads, as the other sees them. */
    public static final String SOURCE = "source";

    /** Positions of keys, where queries have others. */
    public static final String KEYS = "keys";

    /** Distances that count alike, and the heads that have a number for each. */
    public static final String BUCKETS = "buckets";

    public static final String BIAS_HEADS = "bias_heads";

    /** Kinds of token. */
    public static final String TOKEN_TYPES = "token_types";

    /** Elements of a token table that is narrower than the model. */
    public static final String EMBED_WIDTH = "embed_width";

    /** A projection of the width onto as many, where both must be told apart. */
    public static final String SHAPED = "shaped";

    /** Numbers of a spectrum, frames that become one, and the spectra before they do. */
    public static final String BANDS = "bands";

    public static final String PHASES = "phases";

    /** Neighbouring rows side by side. */
    public static final String MERGED = "merged";

    /** What merged rows are projected to before all else. */
    public static final String NARROWED = "narrowed";

    /** Elements of the rows of the model that another reads. */
    public static final String SOURCE_WIDTH = "source_width";

    public static final String VOCAB = "vocab";
    /** Rows of a learned position table. */
    public static final String POSITIONS = "positions";
    /** Positions held in a KV cache. */
    public static final String PAST = "past";

    private Names() {}
}
