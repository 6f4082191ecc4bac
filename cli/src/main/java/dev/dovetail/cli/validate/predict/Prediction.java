package dev.dovetail.cli.validate.predict;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the planner says of a row.
 *
 * @param memory of the fullest device: the program's arena and what the engine takes beside it
 * @param allocated what the engine's own allocator counts of that
 * @param account bytes of {@code memory} by what they are for
 * @param capacity of a device
 * @param first the first pipeline stage
 * @param peak of all devices together
 * @param assumed decisions that the row leaves open, with the value chosen
 */
public record Prediction(
        Seconds step,
        Bytes memory,
        Bytes allocated,
        Map<String, Long> account,
        Bytes capacity,
        Stage first,
        TrainingWork work,
        FlopsPerSecond peak,
        List<String> assumed) {

    /**
     * A stage's tensors.
     *
     * @param state weights, gradients and optimizer
     * @param activations kept for the backward pass, with what the engine keeps beside the program's
     */
    public record Stage(Bytes state, Bytes activations) {}

    public Prediction {
        account = Collections.unmodifiableMap(new LinkedHashMap<>(account));
        assumed = List.copyOf(assumed);
    }
}
