package dev.dovetail.ir.job;

/** What a job minimises. */
public enum Objective {
    TIME,
    ENERGY,
    COST,
    GPUS,
    CARBON
}
