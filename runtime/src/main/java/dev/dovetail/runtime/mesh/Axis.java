package dev.dovetail.runtime.mesh;

import java.nio.charset.StandardCharsets;

/** A named direction of the device mesh, along which ranks split work and talk. */
public record Axis(String name) {
    public static final Axis PIPELINE = new Axis("pipeline");
    public static final Axis DATA = new Axis("data");
    public static final Axis TENSOR = new Axis("tensor");
    public static final Axis CONTEXT = new Axis("context");
    /** Ranks that shard state among themselves, where those are not all of the data axis. */
    public static final Axis SHARD = new Axis("shard");
    /** Ranks of different groups that hold the same shards. */
    public static final Axis SHARD_DATA = new Axis("shard_data");

    public static final Axis EXPERT = new Axis("expert");
    /** Ranks that share an expert and are sent the same tokens. */
    public static final Axis EXPERT_TOKENS = new Axis("expert_tokens");
    /** Ranks that share an expert and gather its parts. */
    public static final Axis EXPERT_WEIGHTS = new Axis("expert_weights");
    /** Ranks that hold the same experts. */
    public static final Axis EXPERT_DATA = new Axis("expert_data");

    /** Between a rank's arena and slower memory beside it; no other rank has part in it. */
    public static final Axis OFFLOAD = new Axis("offload");

    /** All ranks in one line, whatever the mesh: step reports, checkpoints and verdicts travel here. */
    public static final Axis WORLD = new Axis("world");

    public Axis {
        if (name.isBlank() || name.getBytes(StandardCharsets.UTF_8).length > 127) {
            throw new IllegalArgumentException("an axis name has 1 to 127 bytes, not `" + name + "`");
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
