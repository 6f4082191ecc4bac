package dev.dovetail.ir.plan;

import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Dollars;
import dev.dovetail.ir.units.GramsOfCarbon;
import dev.dovetail.ir.units.Joules;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A plan of the front: whatever beats it in one objective asked for is worse in another. All figures are estimates for one step.
 *
 * @param differs its decisions that are not the chosen plan's, by name; empty for the chosen plan
 * @param memory on the fullest device
 */
public record FrontPlan(
        Decisions decisions,
        Map<String, String> differs,
        Seconds step,
        Joules energy,
        Dollars cost,
        GramsOfCarbon carbon,
        int devices,
        Bytes memory) {

    /** A plan may be this share worse in every objective than one that is left out. */
    public static final double SLACK = 0.01;

    public FrontPlan {
        differs = Collections.unmodifiableMap(new LinkedHashMap<>(differs));
    }
}
