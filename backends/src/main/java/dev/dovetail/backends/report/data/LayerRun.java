package dev.dovetail.backends.report.data;

import dev.dovetail.ir.plan.Decision.Recompute;
import dev.dovetail.ir.plan.Offload;

/**
 * Neighbouring layers of a model that a plan treats alike.
 *
 * @param kind their sub-layers, such as {@code attention, mlp}
 * @param first of them, the first behind the embedding being 1
 * @param stage the pipeline stage they are on
 * @param offload what of them lies in slower memory
 */
public record LayerRun(String kind, int first, int count, int stage, Recompute recompute, Offload offload) {

    /** Such as {@code layer 3} or {@code layers 4 to 9}. */
    public String name() {
        return count == 1 ? "layer " + first : "layers " + first + " to " + (first + count - 1);
    }
}
