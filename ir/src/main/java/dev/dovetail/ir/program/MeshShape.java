package dev.dovetail.ir.program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** Ranks along each mesh axis, slowest-varying first: pipeline, data, tensor. */
public record MeshShape(Map<String, Integer> axes) {
    public static final String PIPELINE = "pipeline";
    public static final String DATA = "data";
    public static final String TENSOR = "tensor";

    public MeshShape {
        axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
    }

    public static MeshShape of(int pipeline, int data, int tensor) {
        var axes = new LinkedHashMap<String, Integer>();
        axes.put(PIPELINE, pipeline);
        axes.put(DATA, data);
        axes.put(TENSOR, tensor);
        return new MeshShape(axes);
    }

    public int size(String axis) {
        return axes.getOrDefault(axis, 1);
    }

    public int ranks() {
        return axes.values().stream().reduce(1, Math::multiplyExact);
    }
}
