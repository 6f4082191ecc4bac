package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A plan that lost.
 *
 * @param decisions all its decisions, as a spec writes them
 * @param objective the primary objective, in the unit of the {@link Proof}
 * @param memory of its fullest rank
 * @param because what makes it worse, in the planner's words
 */
public record Alternative(
        Map<String, String> decisions,
        double objective,
        Seconds step,
        Bytes memory,
        Map<String, Seconds> breakdown,
        String because) {

    public Alternative {
        decisions = Collections.unmodifiableMap(new LinkedHashMap<>(decisions));
        breakdown = Collections.unmodifiableMap(new LinkedHashMap<>(breakdown));
    }
}
