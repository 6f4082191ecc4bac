package dev.dovetail.optimizer.search;

import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.Optional;

/**
 * A figure that no plan may exceed.
 *
 * @param most in the figure's base unit, for one step
 * @param said the requirement in the spec's words
 * @param asked the requirement; empty where it is what devices hold that limits plans
 */
public record Limit(Figure figure, double most, String said, Origin origin, Optional<Requirement> asked) {

    static Limit of(Figure figure, double most, Requirement asked) {
        return new Limit(figure, most, RequirementText.of(asked), asked.origin(), Optional.of(asked));
    }

    /** What devices hold, or another limit that no requirement is the reason for. */
    static Limit given(Figure figure, double most, String said, Origin origin) {
        return new Limit(figure, most, said, origin, Optional.empty());
    }

    /** The requirement in the spec's words, if it is to let {@code value} pass; empty where none was asked. */
    Optional<String> letting(double value) {
        return asked.map(requirement -> RequirementText.of(RequirementText.scaled(requirement, value / most)));
    }

    public boolean holds(Figures figures) {
        return figures.get(figure) <= most;
    }
}
