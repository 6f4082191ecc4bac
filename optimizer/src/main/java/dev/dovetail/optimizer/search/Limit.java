package dev.dovetail.optimizer.search;

import dev.dovetail.ir.spec.Origin;
import dev.dovetail.optimizer.search.Figures.Figure;

/**
 * A figure that no plan may exceed.
 *
 * @param most in the figure's base unit, for one step
 * @param said the requirement in the spec's words
 */
public record Limit(Figure figure, double most, String said, Origin origin) {

    public boolean holds(Figures figures) {
        return figures.get(figure) <= most;
    }
}
