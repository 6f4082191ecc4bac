package dev.dovetail.ir.job;

import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;

/** Something a plan must hold; each keeps the place in the spec that asks for it. */
public sealed interface Requirement {
    Origin origin();

    /** Bytes used on every device at most this share of its memory. */
    record MemoryShare(double share, Origin origin) implements Requirement {}

    /** Bytes used on every device at most this many. */
    record MemoryBytes(Bytes limit, Origin origin) implements Requirement {}

    /** An objective's value of the whole job at most {@code limit}, in its base unit (seconds, joules, dollars, …). */
    record AtMost(Objective objective, double limit, Origin origin) implements Requirement {}

    /** Training goes on, from what other nodes hold, when any {@code nodes} of them fail at once. */
    record Survive(int nodes, Origin origin) implements Requirement {}

    /** An objective at most {@code factor} times the least any plan reaches ({@code time <= 1.05 of fastest}). */
    record WithinFactorOfBest(Objective objective, double factor, Origin origin) implements Requirement {}
}
