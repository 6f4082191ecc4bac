package dev.dovetail.ir.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ranks along each mesh axis, slowest-varying first: pipeline, data, tensor.
 *
 * <p>All ranks along the data axis hold copies of the same parameters, or shares of them, so what else they divide among
 * themselves is a part of that axis: neighbours that share each sequence (context), neighbours that have different experts
 * (expert), ranks that share each expert, and are sent the same tokens (expert_tokens) or gather its parts (expert_weights), and
 * ranks that hold the same of those experts (expert_data).
 *
 * @param parts groups of ranks within an axis, by name
 * @param mirrored whether ranks that share a sequence have an early and a late stretch of it each, not one in their order
 */
public record MeshShape(Map<String, Integer> axes, Map<String, Part> parts, boolean mirrored) {
    public static final String PIPELINE = "pipeline";
    public static final String DATA = "data";
    public static final String TENSOR = "tensor";
    public static final String CONTEXT = "context";
    /** Ranks that shard state among themselves, where those are not all of the data axis. */
    public static final String SHARD = "shard";

    /** Ranks of different groups that hold the same shards. */
    public static final String SHARD_DATA = "shard_data";

    public static final String EXPERT = "expert";
    public static final String EXPERT_TOKENS = "expert_tokens";
    public static final String EXPERT_WEIGHTS = "expert_weights";
    public static final String EXPERT_DATA = "expert_data";

    /** {@code size} of the ranks along an axis, each {@code stride} further than the one before. */
    public record Part(String of, int stride, int size) {
        /** The place in its group of the rank at {@code coordinate} along the whole axis. */
        public int place(int coordinate) {
            return coordinate / stride % size;
        }
    }

    public MeshShape {
        axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
        parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        for (var part : parts.entrySet()) {
            int whole = axes.getOrDefault(part.getValue().of(), 1);
            if (whole % (part.getValue().stride() * part.getValue().size()) != 0) {
                throw new IllegalArgumentException(part + " does not divide the axes " + axes);
            }
        }
    }

    public static MeshShape of(int pipeline, int data, int tensor) {
        return of(pipeline, data, 1, tensor);
    }

    /** @param replicas copies of the model, each of {@code context} ranks along the data axis */
    public static MeshShape of(int pipeline, int replicas, int context, int tensor) {
        var axes = new LinkedHashMap<String, Integer>();
        axes.put(PIPELINE, pipeline);
        axes.put(DATA, Math.multiplyExact(replicas, context));
        axes.put(TENSOR, tensor);
        return new MeshShape(axes, Map.of(), false).with(CONTEXT, new Part(DATA, 1, context));
    }

    /**
     * The same mesh where ranks share the experts of a layer.
     *
     * @param ways neighbours along the data axis that have different experts; where some share sequences, those are among them
     * @param tokens ranks that share an expert and are sent the same tokens
     * @param weights ranks that share an expert and gather its parts
     */
    public MeshShape sharingExperts(int ways, int tokens, int weights) {
        int all = ways * tokens * weights;
        int sharing = ways > 1 ? context() : 1;
        return with(EXPERT, new Part(DATA, sharing, ways / sharing))
                .with(EXPERT_WEIGHTS, new Part(DATA, ways, weights))
                .with(EXPERT_TOKENS, new Part(DATA, ways * weights, tokens))
                .with(EXPERT_DATA, new Part(DATA, all, size(DATA) / all));
    }

    /** Neighbours along the data axis that have different experts. */
    public int expertRanks() {
        Part weights = parts.get(EXPERT_WEIGHTS);
        return weights == null ? 1 : weights.stride();
    }

    /** The same mesh where each {@code group} neighbours along the data axis shard state among themselves. */
    public MeshShape shardingIn(int group) {
        return group == size(DATA)
                ? this
                : with(SHARD, new Part(DATA, 1, group)).with(SHARD_DATA, new Part(DATA, group, size(DATA) / group));
    }

    /** The same mesh where ranks that share a sequence have an early and a late stretch of it each. */
    public MeshShape mirroring(boolean mirrored) {
        return new MeshShape(axes, parts, mirrored);
    }

    private MeshShape with(String name, Part part) {
        var more = new LinkedHashMap<>(parts);
        more.put(name, part);
        return new MeshShape(axes, more, mirrored);
    }

    public int size(String axis) {
        Part part = parts.get(axis);
        return part == null ? axes.getOrDefault(axis, 1) : part.size();
    }

    /** Whether the ranks along {@code axis} hold copies of the same parameters, or shares of them. */
    public static boolean holdsCopies(String axis) {
        return axis.equals(DATA) || axis.equals(EXPERT_DATA) || axis.equals(SHARD) || axis.equals(SHARD_DATA);
    }

    /** Neighbours along the data axis that share each sequence. */
    public int context() {
        return size(CONTEXT);
    }

    /** Groups of data ranks that each have sequences of their own. */
    public int replicas() {
        return size(DATA) / context();
    }

    /** How far apart in rank number two neighbours along {@code axis} are. */
    public int stride(String axis) {
        Part part = parts.get(axis);
        if (part != null) {
            return part.stride() * stride(part.of());
        }
        int stride = 1;
        boolean after = false;
        for (var entry : axes.entrySet()) {
            stride *= after ? entry.getValue() : 1;
            after |= entry.getKey().equals(axis);
        }
        return stride;
    }

    public int ranks() {
        return axes.values().stream().reduce(1, Math::multiplyExact);
    }
}
