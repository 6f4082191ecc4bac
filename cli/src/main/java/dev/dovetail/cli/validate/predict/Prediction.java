package dev.dovetail.cli.validate.predict;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.FlopsPerSecond;
import dev.dovetail.ir.units.Seconds;
import java.util.List;

/**
 * What the planner says of a row.
 *
 * @param memory of the fullest device: the program's arena and what the engine takes beside it
 * @param allocated what the engine's own allocator counts of that
 * @param capacity of a device
 * @param peak of all devices together
 * @param assumed decisions that the row leaves open, with the value chosen
 */
public record Prediction(
        Seconds step,
        Bytes memory,
        Bytes allocated,
        Bytes capacity,
        TrainingWork work,
        FlopsPerSecond peak,
        List<String> assumed) {
    public Prediction {
        assumed = List.copyOf(assumed);
    }
}
