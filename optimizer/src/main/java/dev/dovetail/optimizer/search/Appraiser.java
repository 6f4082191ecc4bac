package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import java.util.List;

/** Puts figures on decisions. */
public interface Appraiser {

    /**
     * What completions of {@code partial} take at least: none goes below all of these, each figure of one taken together. One
     * where a fast and a frugal way to finish need not be told apart.
     *
     * @param clocks those that completions may set, fastest first
     */
    List<Bound> bounds(Decisions partial, List<Integer> clocks, Bound.Asked asked);

    /** Every clock that a plan may set, MHz, fastest first. */
    List<Integer> clocks();

    /** Whether a bound on {@code partial} is worth its time: not where what was decided last says nothing without the next decision. */
    default boolean tells(Decisions partial) {
        return true;
    }

    /** Figures that no legal completion of {@code partial} goes below, each taken alone. */
    default Figures bound(Decisions partial) {
        return bounds(partial, clocks(), Bound.Asked.ALL).stream()
                .map(Bound::least)
                .reduce(Figures::lowest)
                .orElseThrow();
    }

    /**
     * A search begins, or has found a plan: slower ones no longer matter where time is what it minimises.
     *
     * @param toBeat seconds of the best plan; infinite where none is known or another figure is minimised
     */
    default void searching(double toBeat) {}

    /** What a complete set of decisions costs. */
    Figures appraise(Decisions complete);
}
