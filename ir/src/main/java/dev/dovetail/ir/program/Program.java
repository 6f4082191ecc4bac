package dev.dovetail.ir.program;

import dev.dovetail.ir.tensor.ElementType;
import java.util.List;

/**
 * What every rank does in one training step. Executed, timed, drawn and checked from this one description.
 *
 * @param microbatches micro-batches each data coordinate runs a step
 * @param microbatch sequences in one of them
 * @param sequence tokens of a sequence
 * @param classes one for each pipeline stage, in order
 */
public record Program(
        String name,
        MeshShape mesh,
        ElementType element,
        int microbatches,
        int microbatch,
        int sequence,
        List<RankClass> classes) {

    public Program {
        classes = List.copyOf(classes);
    }
}
