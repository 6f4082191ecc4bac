package dev.dovetail.ir.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ranks along each mesh axis, slowest-varying first: pipeline, data, tensor.
 *
 * @param context neighbours along the data axis that share each sequence: a part of that axis, since all of its ranks hold copies
 *     of the same parameters
 */
public record MeshShape(Map<String, Integer> axes, int context) {
    public static final String PIPELINE = "pipeline";
    public static final String DATA = "data";
    public static final String TENSOR = "tensor";
    public static final String CONTEXT = "context";

    public MeshShape {
        axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
        if (axes.getOrDefault(DATA, 1) % context != 0) {
            throw new IllegalArgumentException("context " + context + " does not divide the data axis of " + axes);
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
        return new MeshShape(axes, context);
    }

    public int size(String axis) {
        return axis.equals(CONTEXT) ? context : axes.getOrDefault(axis, 1);
    }

    /** Groups of data ranks that each have sequences of their own. */
    public int replicas() {
        return size(DATA) / context;
    }

    public int ranks() {
        return axes.values().stream().reduce(1, Math::multiplyExact);
    }
}
