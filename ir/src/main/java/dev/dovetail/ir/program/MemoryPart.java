package dev.dovetail.ir.program;

/** What a piece of a rank's memory is for: the rows of a plan's memory account. */
public enum MemoryPart {
    PARAMETERS,
    GRADIENTS,
    OPTIMIZER,
    ACTIVATIONS,
    WORKSPACE
}
