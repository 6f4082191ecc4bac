package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;

/** Puts figures on decisions. */
public interface Appraiser {

    /** Figures that no legal completion of {@code partial} goes below, each taken alone. */
    Figures bound(Decisions partial);

    /** What a complete set of decisions costs. */
    Figures appraise(Decisions complete);
}
