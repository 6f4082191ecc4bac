package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;

/** Puts figures on decisions. */
public interface Appraiser {

    /** Figures that no legal completion of {@code partial} goes below, each taken alone. */
    Figures bound(Decisions partial);

    /**
     * A search begins, or has found a plan: slower ones no longer matter where time is what it minimises.
     *
     * @param toBeat seconds of the best plan; infinite where none is known or another figure is minimised
     */
    default void searching(double toBeat) {}

    /** What a complete set of decisions costs. */
    Figures appraise(Decisions complete);
}
