package dev.dovetail.optimizer.explain;

import dev.dovetail.ir.plan.Plan;
import dev.dovetail.ir.units.Seconds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Why a plan is the way it is.
 *
 * @param limitedBy the part of the step that takes longest
 * @param parts seconds of a step by part, longest first
 * @param memoryUsed share of the fullest device's memory that the plan takes
 * @param levers what would change it, most helpful first
 */
public record Explanation(
        Plan plan, String limitedBy, Map<String, Seconds> parts, double memoryUsed, List<Lever> levers) {

    public Explanation {
        parts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(parts));
        levers = List.copyOf(levers);
    }

    /**
     * A change of the hardware, and the best plan for the job after it: found by planning again, not by extrapolation.
     *
     * @param rent dollars an hour that the change costs; 0 where nobody says
     * @param gain how much less of the primary objective the job then takes, relative to now; negative where it takes more
     * @param differs decisions that would then be others
     */
    public record Lever(String change, double gain, double rent, Map<String, String> differs) {
        public Lever {
            differs = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(differs));
        }
    }
}
