package dev.dovetail.runtime.memory;

/** What a piece of the arena is used for: the rows of the memory account of a plan. */
public enum MemoryPart {
    PARAMETERS,
    GRADIENTS,
    OPTIMIZER,
    ACTIVATIONS,
    WORKSPACE
}
