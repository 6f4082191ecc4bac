package dev.dovetail.runtime.train;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the plan said before the first step, to be printed beside what was measured.
 *
 * @param stepSeconds of one step
 * @param memoryBytes of the rank that needs most
 * @param breakdownSeconds parts of the step by the names of the plan: compute, tensor_comm, pipeline_comm, data_comm, …
 */
public record Prediction(double stepSeconds, long memoryBytes, Map<String, Double> breakdownSeconds) {
    public Prediction {
        breakdownSeconds = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(breakdownSeconds));
    }
}
