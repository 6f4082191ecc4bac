package dev.dovetail.ir.graph;

import dev.dovetail.ir.plan.Decision.Recompute;

/** Which forward values may be kept for the backward pass; the rest are computed again from those. */
@FunctionalInterface
public interface SavePolicy {
    boolean maySave(Node producer);

    /** Keep all; all but the attention core's outputs; or nothing but the layer's inputs. */
    static SavePolicy of(Recompute recompute) {
        return switch (recompute) {
            case NONE -> producer -> true;
            case SELECTIVE -> producer -> !producer.op().isAttentionCore();
            case FULL -> producer -> false;
        };
    }
}
