package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import java.util.List;

/**
 * A legal plan with its figures.
 *
 * @param path position of each value in its domain, in the catalog's order: what breaks ties
 */
public record Candidate(Decisions decisions, Figures figures, List<Integer> path) {

    public Candidate {
        path = List.copyOf(path);
    }
}
