package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.spec.Origin;
import java.util.List;
import java.util.Optional;

/**
 * Why decisions cannot stand together, in words for the person who wrote the spec.
 *
 * @param decision name of the decision that is refused
 * @param message stands alone; lower case, no full stop
 * @param related other places in the spec that take part
 * @param note the reason behind it
 * @param help an edit that would resolve it
 */
public record Clash(String decision, String message, List<Related> related, String note, Optional<String> help) {

    /** A place that takes part, and its role. */
    public record Related(Origin origin, String label) {}

    public Clash {
        related = List.copyOf(related);
    }

    static Clash of(String decision, String message, String note) {
        return new Clash(decision, message, List.of(), note, Optional.empty());
    }

    Clash with(Origin origin, String label) {
        return origin.equals(Origin.NONE)
                ? this
                : new Clash(decision, message, List.of(new Related(origin, label)), note, help);
    }

    Clash help(String edit) {
        return new Clash(decision, message, related, note, Optional.of(edit));
    }
}
