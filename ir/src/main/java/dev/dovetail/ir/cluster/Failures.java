package dev.dovetail.ir.cluster;

import dev.dovetail.ir.units.Seconds;

/**
 * How often machines break.
 *
 * @param nodeMtbf mean time between failures of one node; nodes fail independently, at a constant rate
 * @param restart from a failure until the job loads its last checkpoint
 */
public record Failures(Seconds nodeMtbf, Seconds restart) {
    /** Noticing, replacing the node and starting all processes again, where the spec does not say. */
    public static final Seconds USUAL_RESTART = Seconds.of(300);

    public Failures {
        if (nodeMtbf.value() <= 0 || restart.value() < 0) {
            throw new IllegalArgumentException("a mean time between failures is positive and a restart not negative");
        }
    }

    /** Between failures of any of {@code nodes}. */
    public Seconds between(int nodes) {
        return nodeMtbf.times(1.0 / nodes);
    }
}
