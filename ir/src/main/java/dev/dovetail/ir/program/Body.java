package dev.dovetail.ir.program;

import java.util.List;

/**
 * Instructions that run together, written once for every layer and micro-batch they serve.
 *
 * @param name such as {@code block_forward}
 * @param activity what a timeline calls it
 * @param parameters variables a call must give: {@code layer}, {@code slot}, {@code microbatch}
 */
public record Body(String name, Activity activity, List<String> parameters, List<Instruction> instructions) {

    /** The phases a timeline tells apart. */
    public enum Activity {
        FORWARD,
        /** Gradients flow back; those of weights are made too, unless a phase of their own makes them. */
        BACKWARD,
        WEIGHT_GRADIENTS,
        TRANSFER,
        REDUCE,
        UPDATE
    }

    public Body {
        parameters = List.copyOf(parameters);
        instructions = List.copyOf(instructions);
    }
}
