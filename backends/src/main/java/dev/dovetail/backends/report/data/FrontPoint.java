package dev.dovetail.backends.report.data;

import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A plan worth choosing; all figures are estimates for one step.
 *
 * @param differs its decisions that are not the chosen plan's, as a spec writes them
 * @param traded what is traded, by name, with its unit: {@code energy in J}; in the order asked for
 * @param chosen whether it is the plan of this report
 */
public record FrontPoint(Map<String, String> differs, Map<String, Double> traded, Seconds step, boolean chosen) {
    public FrontPoint {
        differs = Collections.unmodifiableMap(new LinkedHashMap<>(differs));
        traded = Collections.unmodifiableMap(new LinkedHashMap<>(traded));
    }
}
