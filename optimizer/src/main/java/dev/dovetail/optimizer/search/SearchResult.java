package dev.dovetail.optimizer.search;

import java.util.List;
import java.util.Optional;

/**
 * What a search found.
 *
 * @param best best first; empty where no plan holds the limits
 * @param bound least value of the primary objective that any plan left unexplored could have; the best plan's own value when
 *     the space was exhausted
 * @param exhausted whether every plan was appraised or ruled out by its bound
 */
public record SearchResult(List<Candidate> best, Optional<Double> bound, boolean exhausted, Effort effort) {

    /**
     * @param considered complete plans that were appraised, or whose bound was
     * @param pruned sets of plans that a bound ruled out together
     * @param illegal decisions refused by a technique
     */
    public record Effort(long considered, long pruned, long illegal) {
        public Effort plus(Effort other) {
            return new Effort(considered + other.considered, pruned + other.pruned, illegal + other.illegal);
        }
    }

    public SearchResult {
        best = List.copyOf(best);
    }
}
