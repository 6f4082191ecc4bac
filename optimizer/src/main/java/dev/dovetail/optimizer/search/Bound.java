package dev.dovetail.optimizer.search;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * What completions of unfinished decisions take at least at some of the clocks.
 *
 * @param clocks MHz, fastest first; every clock where they are not told apart
 */
public record Bound(Figures least, List<Integer> clocks) {
    public Bound {
        clocks = List.copyOf(clocks);
    }

    /**
     * What a search wants of bounds.
     *
     * @param out what is not worth a closer look; such bounds are left out
     * @param promise which of two bounds leads to better plans, where the least one says all: the others need not be sharp
     */
    public record Asked(Predicate<Figures> out, Optional<Comparator<Figures>> promise) {
        /** Every bound, as sharp as it gets. */
        static final Asked ALL = new Asked(least -> false, Optional.empty());
    }
}
