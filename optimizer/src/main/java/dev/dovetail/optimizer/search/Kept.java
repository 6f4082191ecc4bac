package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.List;

/** The plans that a search has found worth keeping, and what they rule out. */
interface Kept {

    void offer(Candidate candidate);

    /** Whether nothing bounded by {@code least} would enter. */
    boolean closedTo(Figures least);

    /** Whether there are enough plans to rule out others. */
    boolean full();

    /** Whether a plan that takes more of {@code figure} never enters before one that takes less. */
    boolean onlyBy(Figure figure);

    /** Whether of several bounds the least in the goal's order says all. */
    boolean ranks();

    /** Whether plans bounded by {@code least} are better than the best by no more than a share of it. */
    boolean nearlyClosedTo(Figures least, double share);

    /** In the goal's order. */
    List<Candidate> best();
}
