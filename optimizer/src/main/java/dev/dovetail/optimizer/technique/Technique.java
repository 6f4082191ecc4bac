package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;

/** One published way to spread, order, shrink or slow work, with the decisions it adds to a plan. */
public interface Technique {

    /** As {@code allow} and {@code forbid} name it. */
    String name();

    /** Where it was published. */
    String citation();

    /** Whether jobs such as this one have anything to decide here; where not, plans do not speak of it. */
    default boolean concerns(Problem problem) {
        return true;
    }

    /** What it leaves to decide, in order; nothing where it is a rule on what others decide. */
    List<Choice<?>> choices();

    /**
     * Why these decisions cannot be; empty while they can. Looks only at its own decisions, at those of techniques before it
     * in the catalog, and skips what is not decided yet.
     */
    Optional<Clash> clash(Problem problem, Decisions decisions);

    /**
     * Why what a spec fixes of this is impossible whatever else is decided. Asked before anything is: bounds of the first
     * decisions already read what is fixed of the last.
     */
    default Optional<Clash> clashOfFixed(Problem problem) {
        return Optional.empty();
    }
}
