package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A part of a step as predicted and as measured.
 *
 * @param key by the names of the plan; {@link #WAITING} for transfers and bubble together
 */
public record StepPart(String key, Optional<Seconds> predicted, Optional<Seconds> measured) {
    /** A rank that waits for a message cannot tell whether it is on its way: a measured transfer includes the bubble. */
    public static final String WAITING = "pipeline_comm_and_bubble";

    private static final String TRANSFER = "pipeline_comm";
    private static final String BUBBLE = "bubble";

    /** Parts that take no time on either side are left out. */
    public static List<StepPart> of(Map<String, Seconds> predicted, Optional<Map<String, Seconds>> measured) {
        boolean waits = measured.filter(parts -> parts.containsKey(TRANSFER) && !parts.containsKey(BUBBLE))
                .isPresent();
        Map<String, Seconds> planned = waits ? joined(predicted) : predicted;
        Map<String, Seconds> seen =
                measured.map(parts -> waits ? joined(parts) : parts).orElse(Map.of());
        var keys = new LinkedHashSet<>(planned.keySet());
        keys.addAll(seen.keySet());
        var parts = new ArrayList<StepPart>();
        for (String key : keys) {
            var part = new StepPart(key, Optional.ofNullable(planned.get(key)), Optional.ofNullable(seen.get(key)));
            if (takesTime(part.predicted()) || takesTime(part.measured())) {
                parts.add(part);
            }
        }
        return parts;
    }

    private static Map<String, Seconds> joined(Map<String, Seconds> parts) {
        var joined = new LinkedHashMap<String, Seconds>();
        parts.forEach((key, time) ->
                joined.merge(key.equals(TRANSFER) || key.equals(BUBBLE) ? WAITING : key, time, Seconds::plus));
        return joined;
    }

    private static boolean takesTime(Optional<Seconds> time) {
        return time.filter(seconds -> seconds.value() > 0).isPresent();
    }
}
